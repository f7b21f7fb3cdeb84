"""The commands that people type; importing this package registers each of them, in the order of `--help`."""

from bots.commands import bench, demo, doctor, init, screen
from bots.commands.app import app

__all__ = ["app", "bench", "demo", "doctor", "init", "screen"]
