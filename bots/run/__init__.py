"""`lightkeeper run`: what watches real communities, kept up, looked after and ended in order.

`serve` puts it together. Around it: who decides (`people`), what comes in (`taking_in`), connections (`connected`),
how it does (`health`, `figures`, `pulse`), who is told (`telling`, `heartbeat`, `systemd`), and the end (`ending`).
"""
