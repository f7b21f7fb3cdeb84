"""What the chaos tests play: a seeded script of messages, a filter that reads markers, and a policy that enforces.

Markers stand for what real filters would see, so that a test knows what has to follow. All of it is synthetic.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.flow.filter import Seen
from core.model.action import ActionKind
from core.model.case import Enforcement
from core.model.finding import NOTHING, Category, Finding, Kind, Verdict
from core.model.message import Author, Channel, ChannelId, CommunityId, MemberId, RoleId
from core.model.people import Role
from core.model.policy import CommunityPolicy, Step, Targets

MEMBERS = (
    *(Author(id=MemberId(f"m{number}"), name=f"Member {number}") for number in range(6)),
    Author(id=MemberId("mod"), name="Mo", roles=frozenset({RoleId("moderator")})),
    Author(id=MemberId("ria"), name="Ria", roles=frozenset({RoleId("responder")})),
)
CHANNELS = tuple(Channel(id=ChannelId(name), name=name) for name in ("quay", "galley"))

POLICY = CommunityPolicy(
    name="chaos",
    enforcement=Enforcement.LIVE,
    lease_minutes=2,
    targets=Targets(level_4_minutes=1, level_3_minutes=1, level_2_minutes=2),
    crisis_alerts_per_day=3,
    ladder=(
        Step(category=Category.RULES, min_level=2, action=ActionKind.DELETE, mode="automatic"),
        Step(category=Category.HARASSMENT, min_level=3, action=ActionKind.TIMEOUT, duration_s=600, mode="automatic"),
    ),
)

ALL_ROLES = frozenset({Role.OWNER, Role.MODERATOR, Role.RESPONDER})
MODERATORS = (MemberId("mod"), MemberId("ria"), MemberId("pat"))


class Desk:
    """Speaks `core.ports.Staff`: three people may do everything."""

    def roles_of(self, _: CommunityId, member: MemberId) -> frozenset[Role]:
        return ALL_ROLES if member in MODERATORS else frozenset()

    def members(self, _: CommunityId, __: Role) -> Sequence[MemberId]:
        return MODERATORS


_MARK = re.compile(r"#(crisis|insult|rule)([1-4])")
_KINDS = {
    "crisis": (Category.CRISIS, Kind.DISCLOSURE),
    "insult": (Category.HARASSMENT, Kind.INSULT),
    "rule": (Category.RULES, Kind.TERM),
}
_CRISIS_SCORES = (0.0, 0.3, 0.6, 0.8, 0.95)


class MarkerFilter:
    """Finds `#crisis3`, `#insult2`, `#rule2` and the like."""

    name = "marker"
    version = "1"
    categories = frozenset({Category.CRISIS, Category.HARASSMENT, Category.RULES})

    def screen(self, batch: Sequence[Seen]) -> Sequence[Verdict]:
        return [self._verdict(seen.message.text) for seen in batch]

    def _verdict(self, text: str) -> Verdict:
        findings = []
        for mark in _MARK.finditer(text):
            category, kind = _KINDS[mark[1]]
            level = int(mark[2])
            findings.append(
                Finding(
                    filter=self.name,
                    category=category,
                    kind=kind,
                    level=level,
                    score=_CRISIS_SCORES[level] if category is Category.CRISIS else 0.9,
                    spans=(mark.span(),),
                    why=f"it is marked as {mark[1]}",
                    rule=f"marker.{mark[1]}",
                )
            )
        return Verdict(findings=tuple(findings)) if findings else NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One message of the script; `must_alert` when it has to be in a case at the end."""

    member: MemberId
    channel: ChannelId
    text: str

    @property
    def must_alert(self) -> bool:
        """Whether its marker is at or above what the policy alerts on."""
        mark = _MARK.search(self.text)
        return mark is not None and (mark[1] == "rule" or int(mark[2]) >= 2)


def script(seed: int, length: int) -> list[Line]:
    """The same seed gives the same lines; about one in four has to alert."""
    drawn = random.Random(seed)
    lines = []
    for number in range(length):
        marker = ""
        if drawn.random() < 0.3:
            marker = f" #{drawn.choice(['crisis', 'insult', 'rule'])}{drawn.randint(1, 4)}"
        lines.append(
            Line(
                member=drawn.choice(MEMBERS[:6]).id,
                channel=drawn.choice(CHANNELS).id,
                text=f"synthetic line {number}{marker}",
            )
        )
    return lines
