"""The real Detoxify as a filter of its own: an operator's checkpoint, checked before it is read and run offline.

The only package that imports torch, transformers and detoxify, and only once somebody named a checkpoint.
"""
