"""How a message becomes a decision: windows, filters, decide(), commit, delivery, timers."""
