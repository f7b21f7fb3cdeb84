"""A community that the bot serves: where its alerts go and who decides there."""

from dataclasses import dataclass

from core.model.message import ChannelId, CommunityId, MemberId, PlatformName, RoleId


@dataclass(frozen=True, slots=True, kw_only=True)
class Community:
    """One community, as its owner set it up.

    Attributes:
        id: With its platform in front: `discord:123`, `telegram:-100123`.
        name: What its people call it.
        alerts: The channel or chat where alerts about conduct are posted.
        crisis_alerts: Where crisis alerts are posted; responders alone should see it.
        owners: Members who may do everything, and whom an alert reaches that nobody else took.
        moderators: Members who decide about conduct.
        responders: Members who look after crisis cases.
        moderator_roles: Roles whose members are moderators, on platforms that have roles.
        responder_roles: Roles whose members are responders.
        notice: The channel where the bot says what it screens, before it screens anything for signs of crisis; None on
            platforms of tests alone.
        help_channels: Where the card with help stands, pinned.
        countries: Whose services members are shown before they chose a country, ISO 3166-1 alpha-2; the first leads.
        locale: The language of what the bot posts and sends by itself.
        drafts: The languages whose unreviewed words the owner accepted; English leads and they are offered.
    """

    id: CommunityId
    name: str
    alerts: ChannelId
    crisis_alerts: ChannelId
    owners: frozenset[MemberId]
    moderators: frozenset[MemberId] = frozenset()
    responders: frozenset[MemberId] = frozenset()
    moderator_roles: frozenset[RoleId] = frozenset()
    responder_roles: frozenset[RoleId] = frozenset()
    notice: ChannelId | None = None
    help_channels: tuple[ChannelId, ...] = ()
    countries: tuple[str, ...] = ()
    locale: str = "en"
    drafts: frozenset[str] = frozenset()

    @property
    def platform(self) -> PlatformName:
        """The platform that its id names."""
        return PlatformName(self.id.partition(":")[0])

    @property
    def native_id(self) -> str:
        """Its id as the platform writes it."""
        return self.id.partition(":")[2]
