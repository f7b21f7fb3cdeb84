"""A parent that starts a worker, says its process id, sets it to something endless and waits to be killed."""

import asyncio
import sys

from adapters.worker.frames import Recipe
from adapters.worker.process import ProcessWorker
from core.flow.filter import Seen
from core.model.message import MessageId
from tests.core.examples import a_message, seen


def one(text: str) -> list[Seen]:
    return [seen(a_message(MessageId("m1"), text))]


async def main(endless: str) -> None:
    worker = ProcessWorker(Recipe(factory="tests.adapters.worker.misbehaving:obedient"))
    await worker.start()
    (verdict,) = await worker.screen(one("say your number"))
    print(round(verdict.scores["crisis"] * 10**9), flush=True)  # noqa: T201 - it speaks to its test by standard output
    await worker.screen(one(endless))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
