"""Somebody at a real terminal: `lightkeeper init` as a process on a pseudo-terminal of its own."""

import asyncio
import os
import select
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parents[3]
WAIT_S = 25.0


class Typist:
    """Reads what stands on the terminal, and types."""

    def __init__(self, process: "subprocess.Popen[bytes]", terminal: int) -> None:
        self._process = process
        self._terminal = terminal
        self.seen = ""
        self._answered = 0

    @property
    def echoes(self) -> bool:
        """Whether the terminal shows what is typed."""
        return bool(termios.tcgetattr(self._terminal)[3] & termios.ECHO)

    async def reads(self, words: str) -> None:
        """Wait until these words come after what was answered last."""
        await asyncio.to_thread(self._read_until, words)

    async def answers(self, words: str, answer: str = "") -> None:
        """Wait for a question and answer it."""
        await self.reads(words)
        os.write(self._terminal, answer.encode() + b"\n")

    async def interrupts(self) -> None:
        """Press Ctrl+C, and again where it came before the question began to wait for it, until it ends."""
        while self._process.poll() is None:
            os.write(self._terminal, b"\x03")
            await asyncio.to_thread(self._ends_within, 1.0)

    async def ended(self) -> int:
        """The exit code."""
        await asyncio.to_thread(self._read_until, None)
        return await asyncio.to_thread(self._process.wait, WAIT_S)

    def _ends_within(self, seconds: float) -> None:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)

    def _read_until(self, words: str | None) -> None:
        ends_at = time.monotonic() + WAIT_S
        while words is None or words not in self.seen[self._answered :]:
            assert time.monotonic() < ends_at, f"waited for {words!r}, saw {self.seen[-1500:]}"
            if not select.select([self._terminal], [], [], 0.2)[0]:
                if words is None and self._process.poll() is not None:
                    return
                continue
            try:
                piece = os.read(self._terminal, 65_536)
            except OSError:  # how a terminal says that nobody writes to it any more
                piece = b""
            if not piece:
                assert words is None, f"it ended before {words!r}: {self.seen[-1500:]}"
                return
            self.seen += piece.decode("utf-8", "replace")
        self._answered = self.seen.index(words, self._answered) + len(words)


@contextmanager
def typing(folder: Path, *options: str, **settings: str) -> Iterator[Typist]:
    """Start `lightkeeper init` in that folder."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("LIGHTKEEPER_")}
    terminal, its_end = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "bots.cli", "init", *options],
        cwd=folder,
        env={**ours, "PYTHONPATH": str(ROOT), "TERM": "dumb", **settings},
        stdin=its_end,
        stdout=its_end,
        stderr=its_end,
        preexec_fn=lambda: os.login_tty(its_end),
    )
    try:
        yield Typist(process, terminal)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        os.close(terminal)
        os.close(its_end)
