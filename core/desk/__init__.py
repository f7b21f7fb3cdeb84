"""What moderators and owners do with cases, and what they are shown."""
