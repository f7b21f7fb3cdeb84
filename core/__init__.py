"""The domain: what is said, what it may mean, and what people decide about it.

Imports nothing of ours outside `core`, and no platform, database, model or web library.
"""
