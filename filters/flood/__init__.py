"""Too much at once: floods of one member, like messages of many, and links that a community doesn't want."""
