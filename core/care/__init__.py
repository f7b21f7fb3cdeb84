"""The member's side: support, resources and privacy."""
