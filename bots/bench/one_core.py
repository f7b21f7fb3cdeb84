"""Keeping a process on one core, so that figures of different machines can be compared."""

import os


def use_one_core() -> None:
    """Keep this process on one core, where the system lets us; before numpy is loaded, which counts them."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"
