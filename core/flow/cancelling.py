"""Telling whether somebody cancelled this task, or something that it waited for was cancelled and passes that on.

The first ends the task. The second is a failure like any other: unseen, it would end a loop or an alert without a word.
"""

import asyncio


def is_asked_to_end() -> bool:
    """Whether the running task was asked to end; to be asked where a `CancelledError` arrives."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0
