"""How fast this machine judges messages, and where the time goes: for `lightkeeper bench` and the benchmarks."""
