"""Reviewable word lists and the engine that finds their phrases in chat: whole words, exact spans, linear time."""
