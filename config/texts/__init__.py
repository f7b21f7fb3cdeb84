"""Every text that people read, one gettext catalogue a language, and what renders them."""
