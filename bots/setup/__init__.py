"""`lightkeeper init`: asks for what is needed, tries it at once, and writes the configuration."""
