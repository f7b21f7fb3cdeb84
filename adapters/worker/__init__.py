"""Filters in a process of their own, which can be killed also while they hold the interpreter lock."""
