"""The backtest: an export goes through the engine that runs live, and what would have happened is counted."""
