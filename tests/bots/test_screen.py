"""`lightkeeper screen` as a process: bad lines are named, the rest goes on, and answers don't wait for the end."""

import json
import os
import select
import subprocess
import sys

import pytest

COMMAND = [sys.executable, "-m", "bots.cli", "screen", "-"]
HUGE = "9999-12-31T23:59:59-10:00"


def screened(*lines: dict[str, object]) -> tuple[int, list[object], list[str]]:
    """The exit code, the ids that were answered, and the complaints."""
    given = "".join(json.dumps(line) + "\n" for line in lines)
    ended = subprocess.run(COMMAND, input=given, capture_output=True, text=True, check=False)
    answered = [json.loads(line)["id"] for line in ended.stdout.splitlines()]
    return ended.returncode, answered, ended.stderr.splitlines()


def test_a_time_at_the_edge_of_the_calendar_is_a_bad_line_and_the_rest_goes_on() -> None:
    code, answered, complaints = screened(
        {"id": 1, "text": "synthetic", "channel": "pier"},
        {"id": 2, "text": "synthetic", "channel": "pier", "sent_at": "0001-01-01T00:00:00Z"},
        {"id": 3, "text": "synthetic", "sent_at": HUGE},
        {"id": 4, "text": "synthetic", "channel": "pier", "sent_at": "1970-01-01T00:00:00+14:00"},
        {"id": 5, "text": "synthetic", "channel": "pier", "sent_at": "9998-12-31T23:59:59-14:00"},
        {"id": 6, "text": "synthetic", "channel": "pier", "sent_at": "2026-05-04T12:00:00Z"},
    )
    assert (code, answered) == (1, [1, 4, 5, 6])
    assert [complaint.partition(": -: ")[2] for complaint in complaints] == [
        "line 2: sent_at: is outside the years 1970 to 9998",
        "line 3: sent_at: is outside the years 1970 to 9998",
    ]


def test_an_id_that_cannot_be_kept_is_a_bad_line_that_names_the_field_and_a_text_may_hold_anything() -> None:
    broken: list[dict[str, object]] = [
        {"author": "a\x00"},
        {"channel": "\ud800"},
        {"community": "\udfff"},
        {"mentions": ["ana", "\ud801x"]},
        {"reply_to_author": "\x00"},
    ]
    code, answered, complaints = screened(
        {"id": "text", "text": "synthetic \ud800\x00", "quoted": "\udc00"},
        *({"id": "bad", "text": "synthetic"} | fields for fields in broken),
    )
    assert (code, answered) == (1, ["text"])
    assert [complaint.split(": ")[3] for complaint in complaints] == [next(iter(fields)) for fields in broken]


@pytest.mark.timeout(60)
def test_an_answer_comes_while_the_input_is_still_open() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b'{"id": 1, "text": "synthetic"}\n{"id": 2, ')
        process.stdin.flush()
        readable, _, _ = select.select([process.stdout], [], [], 30)
        answer = process.stdout.readline() if readable else b""
        process.stdin.write(b'"text": "synthetic"}\n')
        process.stdin.close()
        assert json.loads(answer or b"{}").get("id") == 1
        assert json.loads(process.stdout.readline())["id"] == 2
    assert process.returncode == 0
