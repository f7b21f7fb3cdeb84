"""The commands that people type; importing this package registers each of them, in the order of `--help`."""

from bots.commands import (
    audit,
    backtest,
    backup,
    bench,
    console,
    demo,
    doctor,
    evaluate,
    init,
    resources,
    restore,
    run,
    screen,
)
from bots.commands.app import app

__all__ = [
    "app",
    "audit",
    "backtest",
    "backup",
    "bench",
    "console",
    "demo",
    "doctor",
    "evaluate",
    "init",
    "resources",
    "restore",
    "run",
    "screen",
]
