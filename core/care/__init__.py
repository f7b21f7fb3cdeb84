"""The member's side: what members may ask of the desk, and what they are told."""
