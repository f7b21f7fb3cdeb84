"""A community's own rules: its terms and its patterns."""
