"""The demo's community in time: its zone, its shifts, and its clock, which goes on from where it was."""

import os
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from adapters.local.clock import MovableClock
from core.model.message import MemberId
from core.model.policy import CommunityPolicy
from core.model.rota import Rota, Shift

CRISIS_ALERTS_PER_DAY = 1
"""So few that a night shows what happens beyond them."""

FARTHEST = timedelta(days=365 * 100)
"""What says more was not written by us."""

_CLOCK = "clock"
_ZONES = "zoneinfo/"
_LOCAL_TIME = Path("/etc/localtime")


def policy_for_demo(policy: CommunityPolicy) -> CommunityPolicy:
    """The policy with shifts of the scene's cast and a small budget, where it says nothing of them itself.

    No responder has the night: that the desk says so is part of what the demo shows.
    """
    ours = {
        "rota": Rota(
            time_zone=local_zone(),
            shifts=(
                Shift(begins="15:00", ends="23:00", members=_people("imani", "chidi", "bastian")),
                Shift(begins="23:00", ends="08:00", members=_people("bastian")),
                Shift(begins="08:00", ends="15:00", members=_people("chidi", "bastian")),
            ),
        ),
        "crisis_alerts_per_day": CRISIS_ALERTS_PER_DAY,
    }
    return policy.model_copy(
        update={name: value for name, value in ours.items() if name not in policy.model_fields_set}
    )


def local_zone() -> str:
    """The zone of this machine, which the page shows its times in; UTC where nobody says its name."""
    named = os.environ.get("TZ", "").lstrip(":")
    linked = str(_LOCAL_TIME.resolve()).partition(_ZONES)[2]
    for name in (named, linked):
        try:
            return "UTC" if name == "Etc/UTC" else ZoneInfo(name).key
        except (KeyError, ValueError, OSError):
            continue
    return "UTC"


def clock_of(folder: Path) -> MovableClock:
    """The folder's clock: as far ahead as when it was last moved, so that nothing kept lies in the future."""
    kept = folder / _CLOCK
    clock = MovableClock(_ahead(kept))
    clock.listen(lambda: _keep(kept, clock.ahead))
    return clock


def _ahead(kept: Path) -> timedelta:
    try:
        ahead = timedelta(seconds=float(kept.read_text(encoding="ascii")))
    except (OSError, ValueError, OverflowError):
        return timedelta()
    return ahead if timedelta() <= ahead < FARTHEST else timedelta()


def _keep(kept: Path, ahead: timedelta) -> None:
    kept.write_text(f"{ahead.total_seconds()}\n", encoding="ascii")


def _people(*names: str) -> tuple[MemberId, ...]:
    return tuple(MemberId(each) for each in names)
