"""`run` as a process: what comes in is decided and delivered once, over any end, and every end is over in time."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.store.lock import lock_path
from tests.bots.run.process import alerts, bot, doubles, environment, locked, prepared
from tests.bots.run.quay import COMMUNITIES, said

pytestmark = pytest.mark.timeout(180)

THREAT = "I know where you live and I will find you and hurt you"
IN_TIME_S = 20.0


def test_what_is_said_is_alerted_once_also_when_it_was_said_while_nobody_listened(tmp_path: Path) -> None:
    folder = prepared(tmp_path)
    said(folder / "quay", "tomas", THREAT)
    with bot(folder) as first:
        first.until_alerted(1)
        first.process.send_signal(signal.SIGTERM)
        assert first.ended()[:2] == (0, "")
    said(folder / "quay", "wren", THREAT)
    with bot(folder) as second:
        second.until_alerted(2)
        second.process.send_signal(signal.SIGINT)
        assert second.ended()[:2] == (0, "")
    assert len({each["case"] for each in alerts(folder)}) == len(alerts(folder)) == 2
    assert doubles(folder) == []


def test_machines_are_told_how_it_does_without_a_key_and_without_anybodys_id(tmp_path: Path) -> None:
    folder = prepared(tmp_path)
    said(folder / "quay", "tomas", THREAT)
    with bot(folder) as started:
        started.until_alerted(1)
        started.until(lambda: started.get("readyz")[0] == 200)
        assert started.get("livez") == (200, "ok")
        status, figures = started.get("metrics")
        assert status == 200
        assert 'lightkeeper_findings_total{category="harassment",level="4"} 1.0' in figures
        for name in ("harbour", "tomas", "general", "alma"):
            assert name not in figures
            assert name not in started.get("readyz")[1]
        assert started.get("")[0] == 401


def test_a_call_to_the_platform_that_hangs_does_not_hold_up_the_end(tmp_path: Path) -> None:
    folder = prepared(tmp_path)
    said(folder / "quay", "tomas", THREAT)
    with bot(folder, "hangs") as hanging:
        hanging.until((folder / "quay" / "performing").exists)
        hanging.process.send_signal(signal.SIGTERM)
        code, complaints, seconds = hanging.ended()
    assert code == 1
    assert "end_cut_off" in complaints
    assert seconds < IN_TIME_S
    with bot(folder) as again:
        again.until_alerted(1)
    assert doubles(folder) == []


def test_a_filter_that_hangs_does_not_hold_up_the_end_and_what_it_held_is_decided_later(tmp_path: Path) -> None:
    folder = prepared(tmp_path, with_filter=True)
    with bot(folder) as stuck:
        for _ in range(3):  # each holds its lane up for seconds: one alone can pass between two looks
            said(folder / "quay", "tomas", f"stall. {THREAT}")
        stuck.until(lambda: stuck.readiness()["parts"]["intake"]["waiting"] >= 1)
        stuck.process.send_signal(signal.SIGTERM)
        assert stuck.ended()[2] < IN_TIME_S
    with bot(folder) as again:
        again.until_alerted(1)
    assert len(alerts(folder)) == 1


def test_a_second_signal_waits_for_nothing(tmp_path: Path) -> None:
    folder = prepared(tmp_path)
    said(folder / "quay", "tomas", THREAT)
    with bot(folder, "hangs") as hanging:
        hanging.until((folder / "quay" / "performing").exists)
        hanging.process.send_signal(signal.SIGTERM)
        hanging.process.send_signal(signal.SIGTERM)
        hanging.process.send_signal(signal.SIGINT)
        assert hanging.ended()[0] == 1
    with bot(folder) as again:
        again.until_alerted(1)


def test_a_locked_database_does_not_hold_up_the_end_and_nothing_is_lost(tmp_path: Path) -> None:
    folder = prepared(tmp_path)
    with bot(folder) as stuck, locked(folder):
        said(folder / "quay", "tomas", THREAT)
        stuck.until(lambda: not stuck.readiness()["parts"]["database"]["ok"])
        stuck.process.send_signal(signal.SIGTERM)
        _, _, seconds = stuck.ended()
        assert seconds < IN_TIME_S
    with bot(folder) as again:
        again.until_alerted(1)
    assert len(alerts(folder)) == 1


def test_a_connection_that_will_not_end_does_not_hold_up_the_end(tmp_path: Path) -> None:
    folder = prepared(tmp_path)
    with bot(folder, "stubborn") as stubborn:
        stubborn.until(lambda: stubborn.get("readyz")[0] == 200)
        stubborn.process.send_signal(signal.SIGTERM)
        code, _, seconds = stubborn.ended()
    assert code == 1
    assert seconds < IN_TIME_S


def test_what_only_the_owner_can_mend_is_said_at_once_and_the_console_is_there_all_the_same(tmp_path: Path) -> None:
    with bot(prepared(tmp_path), "refused") as started:
        assert started.process.stdout is not None
        assert "QUAY_TOKEN: the token was revoked (make another one)" in started.process.stdout.readline()
        assert started.get("readyz")[0] == 503
        assert not started.readiness()["parts"]["platform.local"]["ok"]
        assert started.get("livez")[0] == 200


def test_one_database_has_one_bot(tmp_path: Path) -> None:
    folder = prepared(tmp_path)
    with bot(folder) as first:
        second = _refused(folder)
        assert second.returncode == 78
        assert "another Lightkeeper uses this database" in second.stderr
        assert str(first.process.pid) in second.stderr
    assert lock_path(folder / "var" / "lightkeeper.sqlite3").exists()


@pytest.mark.parametrize(
    ("communities", "named"),
    [
        (None, "`lightkeeper init` writes one"),
        (COMMUNITIES.replace('"local"', '"discord"'), "LIGHTKEEPER_DISCORD_TOKEN: is not set"),
        (COMMUNITIES.replace('"local"', '"discort"'), "did you mean discord?"),
    ],
)
def test_what_is_missing_is_refused_before_anything_is_made(
    communities: str | None, named: str, tmp_path: Path
) -> None:
    folder = prepared(tmp_path, communities or "")
    if communities is None:
        (folder / "communities.toml").unlink()
    refused = _refused(folder)
    assert refused.returncode == 78
    assert named in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (folder / "var").exists()


def test_the_console_command_prints_the_link_of_the_key_that_run_made(tmp_path: Path) -> None:
    folder = prepared(tmp_path)
    before = _command(folder, "console")
    assert before.returncode == 78
    assert "makes it" in before.stderr
    with bot(folder) as started:
        link = _command(folder, "console").stdout.strip()
        key = (folder / "var" / "console.key").read_text().strip()
        assert link.endswith(f"/enter#{key}")
        assert (folder / "var" / "console.key").stat().st_mode & 0o777 == 0o600
        assert (folder / "var").stat().st_mode & 0o777 == 0o700
        started.process.send_signal(signal.SIGTERM)
        rest, complaints = started.process.communicate(timeout=60)
    assert key not in rest + complaints


def _refused(folder: Path) -> "subprocess.CompletedProcess[str]":
    return _command(folder, "run")


def _command(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "bots.cli", *arguments],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
