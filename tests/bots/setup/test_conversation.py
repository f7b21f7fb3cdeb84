"""`init` as a conversation: what is asked, tried and in the end written; people and platform are doubles."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import pytest

from bots.setup.asking import choose_several
from bots.setup.conversation import Answers, converse
from config.communities import CommunityEntry
from core.errors import ConfigurationRefused, RetryLater
from core.member_ports import Directory
from core.model.community import Community
from core.model.problem import Problem
from core.model.survey import Candidate, Identity, Named
from core.ports import Probe
from tests.core.services import TODAY, Shelf, a_confirmation, a_service

Item = TypeVar("Item")

GOOD = "1:good-token"
HARBOUR = Candidate(
    id="-1001234567",
    name="Harbour",
    places=(Named(id="-1002345678", name="Crew"), Named(id="-1003456789", name="Watch")),
    owners=(Named(id="11111", name="Ada"),),
    staff=(Named(id="11111", name="Ada"), Named(id="22222", name="Ben"), Named(id="33333", name="Cleo")),
)
MISSING = Problem(place="Crew", reason="the bot can't post there", hint="add it to the group")


class Person:
    """Answers by what a question begins with; each list of answers is used up in order, its last one again."""

    def __init__(self, **answers: Sequence[str]) -> None:
        self._answers = {name: list(given) for name, given in answers.items()}
        self.heard: list[str] = []
        self.questions = {
            "Where is your": "platform",
            "Which community": "community",
            "In which group do moderators": "alerts",
            "In which group do responders": "crisis",
            "What do its people": "name",
            "Who are the owners": "owners",
            "Who decides": "moderators",
            "Who are the responders": "responders",
            "How should it": "preset",
            "Where should the bot": "notice",
            "Where should the card": "cards",
            "Which countries": "countries",
        }

    def tell(self, sentence: str = "") -> None:
        self.heard.append(sentence)

    def ask(self, question: str, default: str = "", *, is_secret: bool = False) -> str:
        if is_secret:
            return self._next("token", default)
        if question.startswith("Enter: look again"):
            return self._next("mended", "")
        if question.startswith("Enter"):
            return ""
        if "on its own page today" in question:
            return self._next("re_read", default)
        self.heard.append(question)
        return self._next(self._about(), default)

    def confirm(self, question: str, default: bool) -> bool:
        self.heard.append(question)
        if question.startswith("A token"):
            return self._next("keep", "y") == "y"
        if question.startswith("Go through them"):
            return self._next("go_through", "n") == "y"
        name = "go_on" if question.startswith(("Go on", "The bot is nowhere")) else "another"
        return self._next(name, "y" if default else "n") == "y"

    def _about(self) -> str:
        for sentence in reversed(self.heard):
            for beginning, name in self.questions.items():
                if sentence.startswith(beginning):
                    return name
        raise AssertionError(f"nobody asked that: {self.heard[-3:]}")

    def _next(self, name: str, default: str) -> str:
        given = self._answers.get(name)
        if given is None:
            return default
        return given.pop(0) if len(given) > 1 else given[0]


@dataclass
class Telegram:
    """A platform whose answers are given; an exception among them is raised."""

    identities: list[Identity | Exception] = field(default_factory=lambda: [Identity(id="1", name="@lightbot")])
    surveys: list[Sequence[Candidate] | Exception] = field(default_factory=lambda: [(HARBOUR,)])
    examinations: list[Sequence[Problem]] = field(default_factory=lambda: [()])

    def of(self, platform: str, token: str) -> Probe:
        assert platform == "telegram"
        return _Asked(self, token)


@dataclass
class _Asked:
    platform: Telegram
    token: str

    async def identify(self) -> Identity:
        if self.token != GOOD:
            raise ConfigurationRefused("LIGHTKEEPER_TELEGRAM_TOKEN", "Telegram does not know it", "copy it anew")
        found = _next(self.platform.identities)
        if isinstance(found, Exception):
            raise found
        return found

    async def survey(self) -> Sequence[Candidate]:
        found = _next(self.platform.surveys)
        if isinstance(found, Exception):
            raise found
        return found

    async def examine(self, community: Community) -> Sequence[Problem]:
        assert community.id == f"telegram:{HARBOUR.id}"
        return _next(self.platform.examinations)


def _next(items: list[Item]) -> Item:
    return items.pop(0) if len(items) > 1 else items[0]


ANSWERS = {"token": [GOOD], "alerts": ["1"], "crisis": ["2"], "moderators": ["2"], "responders": ["2, 3"]}


async def _set_up(
    person: Person,
    platform: Telegram | None = None,
    known: tuple[CommunityEntry, ...] = (),
    token: str = "",
    directory: Directory | None = None,
) -> Answers:
    tokens = {"telegram": token} if token else {}
    probe_of = (platform or Telegram()).of
    directory = directory or Shelf()
    return await converse(person, probe_of, ["telegram"], known, tokens, directory=directory, today=TODAY)


async def test_numbers_and_enter_are_enough() -> None:
    answers = await _set_up(Person(**ANSWERS))
    assert answers.settings == {"LIGHTKEEPER_TELEGRAM_TOKEN": GOOD}
    (entry,) = answers.entries
    assert entry == CommunityEntry(
        platform="telegram",
        id="-1001234567",
        name="Harbour",
        alerts="-1002345678",
        crisis_alerts="-1003456789",
        notice="-1001234567",
        help_channels=("-1001234567",),
        owners=frozenset({"11111"}),
        moderators=frozenset({"22222"}),
        responders=frozenset({"22222", "33333"}),
    )


async def test_a_wrong_token_is_told_why_and_asked_for_again() -> None:
    person = Person(**{**ANSWERS, "token": ["1:wrong", GOOD]})
    answers = await _set_up(person)
    assert answers.settings["LIGHTKEEPER_TELEGRAM_TOKEN"] == GOOD
    assert any("Telegram does not know it" in sentence for sentence in person.heard)
    assert not any("1:wrong" in sentence for sentence in person.heard)


async def test_a_platform_that_does_not_answer_is_asked_again() -> None:
    person = Person(**ANSWERS)
    platform = Telegram(identities=[RetryLater("it can't be reached"), Identity(id="1", name="@lightbot")])
    assert (await _set_up(person, platform)).entries
    assert any("can't be reached" in sentence for sentence in person.heard)


async def test_what_is_switched_wrongly_at_the_platform_is_looked_at_again_once_it_is_mended() -> None:
    unreadable = Problem(place="privacy mode", reason="ordinary messages can't be read", hint="/setprivacy, Disable")
    wrong, right = Identity(id="1", name="@lightbot", problems=(unreadable,)), Identity(id="1", name="@lightbot")
    person = Person(**ANSWERS, go_on=["n"])
    assert (await _set_up(person, Telegram(identities=[wrong, right]))).entries
    assert any("/setprivacy" in sentence for sentence in person.heard)


async def test_a_missing_permission_is_told_and_looked_at_again() -> None:
    person = Person(**ANSWERS, mended=[""])
    assert (await _set_up(person, Telegram(examinations=[(MISSING,), ()]))).entries
    assert any("add it to the group" in sentence for sentence in person.heard)


async def test_one_may_go_on_with_a_problem() -> None:
    assert (await _set_up(Person(**ANSWERS, mended=["g"]), Telegram(examinations=[(MISSING,)]))).entries


async def test_other_answers_may_be_given_after_a_problem() -> None:
    person = Person(**{**ANSWERS, "alerts": ["2", "1"]}, mended=["o"])
    (entry,) = (await _set_up(person, Telegram(examinations=[(MISSING,), ()]))).entries
    assert entry.alerts == "-1002345678"


async def test_a_bot_that_is_nowhere_yet_is_looked_for_again() -> None:
    person = Person(**ANSWERS, go_on=["n"])
    assert (await _set_up(person, Telegram(surveys=[(), (HARBOUR,)]))).entries


async def test_roles_are_told_apart_from_members() -> None:
    role = Named(id="77777", name="crew")
    platform = Telegram(surveys=[(replace(HARBOUR, roles=(role,)),)])
    (entry,) = (await _set_up(Person(**{**ANSWERS, "moderators": ["1, 3"]}), platform)).entries
    assert entry.moderator_roles == {"77777"}
    assert entry.moderators == {"22222"}


async def test_communities_that_are_served_already_stay() -> None:
    other = CommunityEntry(
        platform="discord",
        id="1",
        name="Elsewhere",
        alerts="2",
        crisis_alerts="3",
        notice="5",
        owners=frozenset({"4"}),
    )
    assert [entry.name for entry in (await _set_up(Person(**ANSWERS), known=(other,))).entries] == [
        "Elsewhere",
        "Harbour",
    ]


async def test_a_name_that_would_steer_the_terminal_is_shown_without_that() -> None:
    person = Person(**ANSWERS)
    await _set_up(person, Telegram(surveys=[(replace(HARBOUR, name="\x1b[2JHarbour"),)]))
    assert not any("\x1b" in sentence for sentence in person.heard)


async def test_a_token_that_is_set_may_be_kept_and_is_not_written_again() -> None:
    answers = await _set_up(Person(**{**ANSWERS, "token": ["1:nobody-should-ask"]}), token=GOOD)
    assert answers.settings == {}
    assert answers.entries


async def test_a_token_that_is_set_and_no_longer_good_is_asked_for_anew() -> None:
    person = Person(**ANSWERS)
    answers = await _set_up(person, token="1:revoked")
    assert answers.settings == {"LIGHTKEEPER_TELEGRAM_TOKEN": GOOD}
    assert any("Telegram does not know it" in sentence for sentence in person.heard)


async def test_a_second_community_of_a_platform_needs_no_second_token() -> None:
    person = Person(**ANSWERS, another=["y", "n"])
    assert (await _set_up(person)).settings == {"LIGHTKEEPER_TELEGRAM_TOKEN": GOOD}
    assert any("Keep it?" in sentence for sentence in person.heard)


async def test_a_policy_of_ones_own_stays_when_a_community_is_set_up_again() -> None:
    before = CommunityEntry(
        platform="telegram",
        id=HARBOUR.id,
        name="Harbour",
        alerts="-2",
        crisis_alerts="-3",
        notice=HARBOUR.id,
        policy="ours.toml",
        owners=frozenset({"4"}),
    )
    (kept,) = (await _set_up(Person(**ANSWERS), known=(before,))).entries
    assert kept.policy == "ours.toml"
    (other,) = (await _set_up(Person(**ANSWERS, preset=["gaming"]), known=(before,))).entries
    assert other.policy == "gaming"


async def test_a_typed_name_can_be_neither_too_long_nor_steer_a_terminal() -> None:
    person = Person(**ANSWERS, community=[HARBOUR.id], name=["\x1b[2J\udcff" + "long " * 50])
    (entry,) = (await _set_up(person, Telegram(surveys=[(replace(HARBOUR, name=""),)]))).entries
    assert entry.name.startswith("?[2J?long")
    assert len(entry.name) <= 100


async def test_a_token_that_is_revoked_in_the_middle_loses_no_answer() -> None:
    refused = ConfigurationRefused("LIGHTKEEPER_TELEGRAM_TOKEN", "Telegram refuses this token", "ask for a new one")
    person = Person(**ANSWERS)
    assert (await _set_up(person, Telegram(surveys=[refused, (HARBOUR,)]))).entries
    assert any("ask for a new one" in sentence for sentence in person.heard)


async def test_a_problem_is_told_to_its_end_and_steers_no_terminal() -> None:
    long = Problem(place="x" * 100 + ": crisis_alerts", reason="\x1b[2Jwrong", hint="do this, " * 20 + "at last")
    person = Person(**ANSWERS, mended=["g"])
    await _set_up(person, Telegram(examinations=[(long,)]))
    told = "\n".join(person.heard)
    assert "crisis_alerts: ?[2Jwrong" in told
    assert "at last" in told


async def test_who_sets_up_is_shown_the_candidates_and_confirms_them_in_one_step() -> None:
    line, other, elsewhere = (
        a_service(verified=None),
        a_service("other", verified=None),
        a_service("fr-line", country="FR", verified=None),
    )
    person = Person(**ANSWERS, countries=["de"], go_through=["y"], re_read=["n", "y"])
    answers = await _set_up(person, directory=Shelf(line, other, elsewhere))
    assert answers.entries[0].countries == ("DE",)
    assert answers.confirmations == (replace(a_confirmation(other), by=""),)
    told = "\n".join(person.heard)
    assert "the directory has 2 services that members don't see yet" in told
    assert line.contacts[0].value in told
    assert "The fr-line" not in told


async def test_who_will_re_read_later_confirms_nothing() -> None:
    person = Person(**ANSWERS, countries=["DE"], go_through=["n"])
    assert (await _set_up(person, directory=Shelf(a_service(verified=None)))).confirmations == ()


async def test_all_of_them_may_be_confirmed_at_once() -> None:
    services = [a_service(f"line-{number}", verified=None) for number in range(4)]
    person = Person(**ANSWERS, countries=["DE"], go_through=["y"], re_read=["y", "all"])
    confirmed = (await _set_up(person, directory=Shelf(*services))).confirmations
    assert {each.service for each in confirmed} == {each.id for each in services}


async def test_nothing_is_asked_about_services_that_are_live_or_of_no_country_here() -> None:
    person = Person(**ANSWERS, countries=["DE"])
    assert (await _set_up(person, directory=Shelf(a_service()))).confirmations == ()
    assert not any(sentence.startswith("Go through") for sentence in person.heard)


async def test_a_country_that_is_none_is_asked_for_again_and_named_rightly() -> None:
    person = Person(**ANSWERS, countries=["UK, at, zzz", "gb, AT GB"])
    (entry,) = (await _set_up(person)).entries
    assert entry.countries == ("GB", "AT")
    wrong = [sentence.split()[0] for sentence in person.heard if "is no country's code" in sentence]
    assert wrong == ["UK", "zzz"]
    assert any("did you mean GB?" in sentence for sentence in person.heard)


async def test_a_group_is_offered_once_beside_its_own_topics_alone() -> None:
    places = (Named(id=HARBOUR.id, name="Harbour"), Named(id=f"{HARBOUR.id}/7", name="Harbour / Pier"), *HARBOUR.places)
    person = Person(**ANSWERS)
    await _set_up(person, Telegram(surveys=[(replace(HARBOUR, places=places),)]))
    begins = next(n for n, each in enumerate(person.heard) if each.startswith("Where should the bot"))
    offered = [each.split("[")[-1] for each in person.heard[begins + 1 : begins + 3]]
    assert offered == [f"{HARBOUR.id}]", f"{HARBOUR.id}/7]"]


async def test_services_that_were_written_down_wrongly_are_told_and_confirmed_later() -> None:
    shelf = Shelf(a_service(verified=None))
    shelf.refused = [ConfigurationRefused("resources.toml: line 3", "is wrong", "mend it")]
    person = Person(**ANSWERS, countries=["DE"], re_read=["y"])
    assert (await _set_up(person, directory=shelf)).confirmations == ()
    assert any("resources.toml: line 3" in sentence for sentence in person.heard)


async def test_a_community_that_is_set_up_again_proposes_what_it_had() -> None:
    before = CommunityEntry(
        platform="telegram",
        id=HARBOUR.id,
        name="Harbour",
        alerts="-2",
        crisis_alerts="-3",
        notice="-1001234567/7",
        help_channels=("-1001234567/8", "-1001234567/9"),
        countries=("AT", "DE"),
        locale="de",
        accepted_drafts=frozenset({"de"}),
        owners=frozenset({"4"}),
    )
    (again,) = (await _set_up(Person(**ANSWERS), known=(before,))).entries
    assert (again.notice, again.help_channels) == (before.notice, before.help_channels)
    assert (again.countries, again.locale, again.accepted_drafts) == (("AT", "DE"), "de", frozenset({"de"}))


@pytest.mark.parametrize(
    ("answer", "chosen"),
    [
        ("1", ("11111",)),
        ("2,1", ("22222", "11111")),
        ("1 1", ("11111",)),
        ("", ()),
        ("987654321", ("987654321",)),
        ("-1001/7", ("-1001/7",)),
    ],
)
def test_an_answer_is_numbers_or_ids(answer: str, chosen: tuple[str, ...]) -> None:
    person = Person(owners=[answer])
    assert choose_several(person, "Who are the owners?", HARBOUR.staff[:2]) == chosen


@pytest.mark.parametrize("wrong", ["4", "0", "@ada", "-1", "١", "²", "1234567890123456789012345"])
def test_an_answer_that_is_neither_is_asked_for_again(wrong: str) -> None:
    person = Person(owners=[wrong, "1"])
    assert choose_several(person, "Who are the owners?", HARBOUR.staff) == ("11111",)
    assert any("neither" in sentence for sentence in person.heard)
