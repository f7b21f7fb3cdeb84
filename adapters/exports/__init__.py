"""Reading what was said out of files: exports of chat platforms and plain logs, one entry at a time."""
