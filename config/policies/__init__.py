"""Policies as files: the presets that come along and the loader that reads them and a community's own."""
