"""The worker's own process: `python -m adapters.worker.child`, started by `adapters.worker.process` only."""

import ctypes
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import BinaryIO

from adapters.worker.frames import Broken, Ready, Recipe, encode, read
from core.errors import ConfigurationRefused
from core.flow.filter import Filter
from core.flow.judging import judge

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Make the filters that the first frame asks for, then judge batches until the pipe closes."""
    sys.excepthook = _say_only_the_type
    _die_with_parent()
    incoming, outgoing = _private_pipes()
    recipe = read(incoming)
    if not isinstance(recipe, Recipe):
        return
    try:
        filters = _made(recipe)
    except ConfigurationRefused as refused:
        _send(outgoing, Broken(reason=refused.reason, path=refused.path, hint=refused.hint))
        return
    except Exception as error:  # noqa: BLE001 - the process's boundary: the parent is told and reports it
        _send(outgoing, Broken(reason=f"{type(error).__name__}: {error}"))  # no message was read yet
        return
    _send(outgoing, Ready(filters=[(each.name, each.categories) for each in filters]))
    while (batch := read(incoming)) is not None:
        _send(outgoing, judge(filters, batch))


def _made(recipe: Recipe) -> Sequence[Filter]:
    module, _, function = recipe.factory.partition(":")
    filters: Sequence[Filter] = getattr(importlib.import_module(module), function)(*recipe.arguments)
    return filters


def _send(outgoing: BinaryIO, value: object) -> None:
    outgoing.write(encode(value))
    outgoing.flush()


def _private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The two pipes, out of reach of a filter that prints or reads standard input."""
    incoming = os.fdopen(os.dup(0), "rb")
    outgoing = os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    return incoming, outgoing


def _say_only_the_type(kind: type[BaseException], _: BaseException, __: TracebackType | None) -> None:
    """What a filter raises may hold a message's words: they don't reach standard error."""
    sys.stderr.write(f"lightkeeper worker: ended by {kind.__name__}\n")


def _die_with_parent() -> None:
    """On Linux the kernel ends this process when its parent dies, even while a filter burns CPU."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main()
