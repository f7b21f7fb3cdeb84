"""What the console asks of a running bot: communities, people, names, figures, and how platforms are connected."""

from collections.abc import Callable, Mapping, Sequence

from adapters.console.sources import Line, Place, Status
from bots.run.people import People
from config.communities import Served
from core.model.message import Author, CommunityId
from core.ports import Connection


class RunOffices:
    """Speaks `adapters.console.sources.Offices`."""

    def __init__(
        self,
        *,
        served: Served,
        people: People,
        connections: Mapping[str, Connection],
        screened: Callable[[], int],
    ) -> None:
        """`screened` counts the messages of all communities."""
        self._served = served
        self._people = people
        self._connections = connections
        self._screened = screened
        self._places = [Place(id=each.id, name=each.name) for each in served.communities.values()]

    def places(self) -> Sequence[Place]:
        return self._places

    def people(self, community: CommunityId) -> Sequence[Author]:
        return self._people.named_in(community)

    def name_of(self, member: str) -> str:
        return self._people.name_of(member)

    def channel_name(self, channel: str) -> str:
        return self._people.channel_name(channel)

    def status(self, community: CommunityId) -> Status:
        policy = self._served.policies[community]
        return Status(screened=self._screened(), enforcement=policy.enforcement, policy=policy.name)

    def lines(self) -> Sequence[Line]:
        return [
            Line(platform=name, is_up=each.link.is_up, problem=None if each.link.is_up else each.link.problem)
            for name, each in self._connections.items()
        ]
