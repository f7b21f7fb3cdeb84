"""The communities file: which communities the bot serves, where their alerts go, who decides, by which policy."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from config.countries import check_country
from config.policies.loader import load_policy
from config.refusal import nearest, refusal_of
from config.toml_file import load_toml, place_in
from config.writing import toml_value
from core.care.members import Languages
from core.errors import ConfigurationRefused
from core.model.community import Community
from core.model.message import ChannelId, CommunityId, MemberId, RoleId
from core.model.policy import CommunityPolicy

Id = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\s:\x00-\x1f]+$")]
Country = Annotated[str, AfterValidator(check_country)]
Locale = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$")]
PlatformId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,30}$")]

HEAD = "# Which communities Lightkeeper serves. Every field is explained in docs/communities.md.\nversion = 1\n"


class CommunityEntry(BaseModel):
    """One `[[community]]` of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    platform: PlatformId = Field(description="discord, telegram, or the name of an installed adapter.")
    id: Id = Field(description="The platform's id of the server or group, in quotation marks.")
    name: Annotated[str, Field(min_length=1, max_length=100)] = Field(description="What its people call it.")
    alerts: Id = Field(description="Id of the channel or chat where alerts about conduct are posted.")
    crisis_alerts: Id = Field(
        description="Id of the channel or chat where crisis alerts are posted. Only responders should see it."
    )
    notice: Id = Field(
        description="Id of a channel that everybody reads: the bot says there what it screens, and screens nothing for "
        "signs of crisis before it has. On Telegram the group's own id."
    )
    help_channels: Annotated[tuple[Id, ...], Field(max_length=50)] = Field(
        (), description="Ids of the channels where the card with help stands, pinned."
    )
    countries: Annotated[tuple[Country, ...], Field(max_length=50)] = Field(
        (),
        description="Where its members live, as ISO 3166-1 codes of two capital letters, the first one first: whose "
        "services are shown before a member chose a country. Never guessed.",
    )
    locale: Locale = Field("en", description="The language of what the bot posts and sends by itself.")
    accepted_drafts: frozenset[Locale] = Field(
        frozenset(),
        description="Languages that no native speaker has reviewed, offered all the same and marked as drafts.",
    )
    policy: Annotated[str, Field(min_length=1)] = Field(
        "general", description="A preset, or a policy file beside this one."
    )
    owners: Annotated[frozenset[Id], Field(min_length=1)] = Field(description="Member ids of at least one owner.")
    moderators: frozenset[Id] = Field(frozenset(), description="Member ids of those who decide about conduct.")
    responders: frozenset[Id] = Field(frozenset(), description="Member ids of those who look after crisis cases.")
    moderator_roles: frozenset[Id] = Field(frozenset(), description="Role ids; whoever holds one is a moderator.")
    responder_roles: frozenset[Id] = Field(frozenset(), description="Role ids; whoever holds one is a responder.")


class CommunitiesFile(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1] = Field(1, description="The version of this file's format.")
    community: Annotated[tuple[CommunityEntry, ...], Field(min_length=1, max_length=500)] = Field(
        description="One [[community]] for each community."
    )

    @model_validator(mode="after")
    def _no_twins(self) -> Self:
        seen = set()
        for entry in self.community:
            if (entry.platform, entry.id) in seen:
                raise ValueError(f"the community {entry.platform}:{entry.id} stands here twice")
            seen.add((entry.platform, entry.id))
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """The communities that are served, and the policy of each."""

    communities: Mapping[CommunityId, Community]
    policies: Mapping[CommunityId, CommunityPolicy]

    def of(self, platform: str) -> Mapping[CommunityId, Community]:
        """Those of one platform."""
        return {each.id: each for each in self.communities.values() if each.platform == platform}


def load_communities(path: Path, languages: Languages | None = None) -> Served:
    """The communities in that file, with their policies.

    Args:
        path: The file.
        languages: Those that there are; None checks none.

    Raises:
        ConfigurationRefused: the file or a policy that it names is not there or wrong; several at once as
            `SeveralRefused`.
    """
    if not path.is_file():
        raise ConfigurationRefused(
            str(path),
            "there is no such file",
            "`lightkeeper init` writes one; if it has, begin in the folder where it lies",
        )
    communities: dict[CommunityId, Community] = {}
    policies: dict[CommunityId, CommunityPolicy] = {}
    refusals = []
    for index, entry in enumerate(load_toml(path, CommunitiesFile).community):
        community = community_of(entry)
        communities[community.id] = community
        try:
            policies[community.id] = load_policy(entry.policy, path.parent)
        except ConfigurationRefused as error:
            refusals.append(
                ConfigurationRefused(f"{path.name}: community[{index}].policy: {error.path}", error.reason, error.hint)
            )
        refusals += _of_languages(entry, languages, path.name, index) if languages else []
    if refusals:
        raise refusal_of(refusals)
    return Served(communities=communities, policies=policies)


def _of_languages(entry: CommunityEntry, languages: Languages, file: str, index: int) -> Iterator[ConfigurationRefused]:
    known = languages.reviewed | languages.drafts
    for unknown in sorted(entry.accepted_drafts - known):
        place = place_in(file, ("community", index, "accepted_drafts"))
        yield ConfigurationRefused(
            place, "names a language that there are no texts in", nearest(unknown, sorted(known))
        )
    if entry.locale in languages.drafts - entry.accepted_drafts:
        yield ConfigurationRefused(
            place_in(file, ("community", index, "locale")),
            "is a language whose texts nobody has reviewed",
            f'read them, then accept them: accepted_drafts = ["{entry.locale}"]',
        )


def written(entries: CommunitiesFile) -> str:
    """The file's text, for `init`; `load_communities` reads it back."""
    return "\n".join([HEAD, *map(block_of, entries.community)])


def block_of(entry: CommunityEntry) -> str:
    """One `[[community]]` as the file has it."""
    lines = ["[[community]]"]
    for name, value in entry.model_dump(mode="json", exclude_defaults=True).items():
        is_set = isinstance(getattr(entry, name), frozenset)
        lines.append(f"{name} = {toml_value(sorted(value) if is_set else value)}")
    return "\n".join(lines) + "\n"


def community_of(entry: CommunityEntry) -> Community:
    """The entry as the core knows it."""
    return Community(
        id=CommunityId(f"{entry.platform}:{entry.id}"),
        name=entry.name,
        alerts=ChannelId(entry.alerts),
        crisis_alerts=ChannelId(entry.crisis_alerts),
        owners=frozenset(map(MemberId, entry.owners)),
        moderators=frozenset(map(MemberId, entry.moderators)),
        responders=frozenset(map(MemberId, entry.responders)),
        moderator_roles=frozenset(map(RoleId, entry.moderator_roles)),
        responder_roles=frozenset(map(RoleId, entry.responder_roles)),
        notice=ChannelId(entry.notice),
        help_channels=tuple(dict.fromkeys(map(ChannelId, entry.help_channels))),
        countries=tuple(dict.fromkeys(entry.countries)),
        locale=entry.locale,
        drafts=entry.accepted_drafts,
    )
