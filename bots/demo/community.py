"""The demo's community as its owner would have set it up: who decides there, and where help and the notice stand."""

from adapters.local.platform import HARBOUR, LOCAL, LocalPlatform
from adapters.local.staff import roles_held
from bots.care import Care
from bots.demo.directory import HARBOURLAND, DemoDirectory
from bots.demo.scene import Scene
from core.care.members import Languages
from core.member_ports import CareStore
from core.model.community import Community
from core.model.message import ChannelId, MemberId
from core.model.people import Role
from core.ports import Clock

NAME = "The harbour"


def community_of(scene: Scene, languages: Languages) -> Community:
    """The scene's people and channels as one community: the notice and help stand in its first channel, help also in
    its last, where people talk at night. Every draft is accepted, so that visitors find their language.
    """
    places = [each.id for each in scene.places]
    return Community(
        id=HARBOUR,
        name=NAME,
        alerts=ChannelId("moderators"),
        crisis_alerts=ChannelId("responders"),
        owners=_who(scene, Role.OWNER),
        moderators=_who(scene, Role.MODERATOR),
        responders=_who(scene, Role.RESPONDER),
        notice=places[0],
        help_channels=tuple(dict.fromkeys((places[0], places[-1]))),
        countries=(HARBOURLAND,),
        drafts=languages.drafts,
    )


def care_of(
    scene: Scene, platform: LocalPlatform, store: CareStore, clock: Clock, languages: Languages, zone: str
) -> Care:
    """What the demo's members' side is made of; `zone` is where the made-up services have their hours."""
    names = {each.id: each.name for each in scene.places}
    return Care(
        store=store,
        communities={HARBOUR: community_of(scene, languages)},
        directory=DemoDirectory(clock.now().date(), zone),
        boards={LOCAL: platform.board},
        languages=languages,
        channel_name=lambda _, channel: names.get(channel, channel),
    )


def _who(scene: Scene, role: Role) -> frozenset[MemberId]:
    return frozenset(each.id for each in scene.cast if role in roles_held(each))
