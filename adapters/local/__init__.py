"""What runs on this machine alone: the demo platform, the clock, and a store in memory."""
