"""Filters: pure judgement over text. No I/O, no clock; lexicon bytes are handed to constructors."""
