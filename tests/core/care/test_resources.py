"""What members are shown: only what somebody re-read lately, only for a country that was chosen, open ones first."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.care.resources import WORLDWIDE, Footing, Resources, footing_of, is_open
from core.model.numbers import is_prefixed_short_code, retired_in
from core.model.resource import (
    EU_WIDE,
    FRESH_FOR,
    INTERNATIONAL,
    WRITTEN,
    Confidence,
    Contact,
    DirectoryState,
    Medium,
    Opening,
    Retired,
    Service,
    Topic,
)
from tests.clock import START, FakeClock
from tests.core.examples import COMMUNITY, ELSEWHERE
from tests.core.services import CALL, EVERYWHERE, TEXT, TODAY, Shelf, a_confirmation, a_service

CRISIS = frozenset({Topic.CRISIS})
DAY = timedelta(days=1)
GONE = Retired(country="DE", number="555-0199", reason="closed", source="synthetic")


def ids(*services: Service, country: str = "DE", shelf: Shelf | None = None, written: bool = False) -> list[str]:
    resources = Resources(directory=shelf or Shelf(*services), clock=FakeClock())
    return [each.service.id for each in resources.fitting(COMMUNITY, country, CRISIS, written=written)]


def test_a_candidate_is_shown_to_nobody_until_somebody_confirms_it() -> None:
    candidate = a_service(verified=None)
    assert ids(candidate) == []
    assert ids(shelf=Shelf(candidate, confirmations=[a_confirmation(candidate)])) == ["de-line"]


def test_what_changed_since_it_was_confirmed_is_a_candidate_again() -> None:
    before = a_service(verified=None)
    after = replace(before, contacts=(Contact(medium=Medium.CALL, value="555-0102"),))
    shelf = Shelf(after, confirmations=[a_confirmation(before)])
    assert ids(shelf=shelf) == []
    assert footing_of(after, shelf.now, TODAY) is Footing.CHANGED


@pytest.mark.parametrize(
    "change",
    [
        {"name": "another"},
        {"hours": "24/7"},
        {"audience": "adults"},
        {"languages": ("de",)},
        {"is_always_open": True},
        {"topics": frozenset({Topic.YOUTH})},
        {"country": "AT"},
        {"openings": (Opening(days=frozenset({0}), opens=time(9), closes=time(17)),), "zone": "Europe/Berlin"},
    ],
)
def test_a_confirmation_is_of_everything_that_a_member_sees(change: dict[str, object]) -> None:
    assert replace(a_service(), **change).fingerprint != a_service().fingerprint  # type: ignore[arg-type]


def test_a_note_for_owners_changes_nothing_that_was_confirmed() -> None:
    assert replace(a_service(), note="rang twice", source="elsewhere").fingerprint == a_service().fingerprint


@pytest.mark.parametrize(("age", "is_shown"), [(0, True), (179, True), (180, False), (181, False), (5000, False)])
def test_after_a_hundred_and_eighty_days_a_service_is_hidden(age: int, is_shown: bool) -> None:
    assert (ids(a_service(verified=TODAY - age * DAY)) == ["de-line"]) is is_shown


def test_a_service_that_goes_stale_is_hidden_on_that_day_and_comes_back_when_it_is_re_read() -> None:
    service, clock = a_service(), FakeClock()
    shelf = Shelf(service)
    resources = Resources(directory=shelf, clock=clock)
    clock.advance(FRESH_FOR - DAY)
    assert resources.fitting(COMMUNITY, "DE", CRISIS)
    clock.advance(DAY)
    assert not resources.fitting(COMMUNITY, "DE", CRISIS)
    shelf.now = replace(shelf.now, confirmations=(a_confirmation(service, clock.now().date()),))
    assert resources.fitting(COMMUNITY, "DE", CRISIS)
    clock.advance(timedelta(days=20000))
    assert not resources.live(COMMUNITY)
    assert resources.worldwide().id == WORLDWIDE


def test_a_date_in_the_future_counts_for_nothing() -> None:
    ahead = a_service(verified=TODAY + DAY)
    assert ids(ahead) == []
    assert footing_of(ahead, Shelf(ahead).now, TODAY) is Footing.AHEAD
    candidate = a_service(verified=None)
    assert ids(shelf=Shelf(candidate, confirmations=[a_confirmation(candidate, TODAY + DAY)])) == []


def test_a_clock_that_was_set_back_shows_nothing_that_was_read_in_its_future() -> None:
    clock = FakeClock()
    resources = Resources(directory=Shelf(a_service()), clock=clock)
    assert resources.live(COMMUNITY)
    clock.jump(-2 * DAY)
    assert not resources.live(COMMUNITY)


def test_what_is_reserved_all_over_the_union_is_shown_for_no_state() -> None:
    union = a_service("eu-line", country=EU_WIDE)
    for country in ("DE", "FR", EU_WIDE, INTERNATIONAL, ""):
        assert ids(union, country=country) == []
    resources = Resources(directory=Shelf(union), clock=FakeClock())
    assert resources.countries(COMMUNITY) == []
    emergency = replace(union, topics=frozenset({Topic.EMERGENCY}))
    assert Resources(directory=Shelf(emergency), clock=FakeClock()).emergency(COMMUNITY, EU_WIDE) is None


def test_a_retired_number_is_shown_to_nobody_however_it_came_into_the_directory() -> None:
    stale = a_service(contacts=(Contact(medium=Medium.CALL, value="(555) 0199"),))
    assert ids(shelf=Shelf(stale, retired=[GONE])) == []
    assert ids(shelf=Shelf(replace(stale, country="AT"), retired=[GONE]), country="AT") == ["de-line"]


@pytest.mark.parametrize("asked", ["", "ZZ", "de", "pt", "PT|BR"])
def test_a_country_that_is_not_known_gives_nothing_and_guesses_nothing(asked: str) -> None:
    assert ids(a_service(), a_service("br-line", country="BR"), a_service("pt-line", country="PT"), country=asked) == []


def test_a_language_alone_gives_neither_of_the_countries_that_speak_it() -> None:
    portuguese = [a_service(f"{each.lower()}-line", country=each, languages=("pt",)) for each in ("BR", "PT")]
    assert ids(*portuguese, country="") == []
    assert ids(*portuguese, country="BR") == ["br-line"]


def test_three_are_shown_at_most_and_those_open_now_come_first() -> None:
    closed = Opening(days=frozenset(range(7)), opens=time(1), closes=time(2))
    services = [
        a_service("closed", openings=(closed,), zone="Europe/Berlin"),
        a_service("unknown"),
        a_service("weaker", is_always_open=True, confidence=Confidence.C),
        a_service("open", is_always_open=True),
        a_service("for-some", is_always_open=True, audience="veterans"),
    ]
    assert ids(*services) == ["open", "weaker", "for-some"]
    assert ids(*services[:2]) == ["unknown", "closed"]


def test_who_cannot_call_is_shown_what_takes_text_or_chat() -> None:
    chat = Contact(medium=Medium.CHAT, value="https://chat.invalid")
    services = [a_service("call"), a_service("text", contacts=(CALL, TEXT)), a_service("chat", contacts=(chat,))]
    assert set(ids(*services, written=True)) == {"text", "chat"}


def test_what_owners_wrote_down_for_one_community_is_shown_in_no_other() -> None:
    own = a_service("own-line", confidence=Confidence.OWN, community=COMMUNITY)
    resources = Resources(directory=Shelf(own, a_service()), clock=FakeClock())
    assert [each.service.id for each in resources.fitting(COMMUNITY, "DE", CRISIS)] == ["own-line", "de-line"]
    assert [each.service.id for each in resources.fitting(ELSEWHERE, "DE", CRISIS)] == ["de-line"]


def test_what_serves_every_country_comes_after_what_serves_this_one() -> None:
    services = [a_service("int-line", country=INTERNATIONAL), a_service()]
    assert ids(*services) == ["de-line", "int-line"]
    assert ids(*services, country="FR") == ["int-line"]


def test_an_emergency_number_is_of_that_country_and_live_or_none() -> None:
    line = a_service(topics=frozenset({Topic.EMERGENCY}))
    local = replace(line, id="own-line", community=COMMUNITY)
    resources = Resources(directory=Shelf(line, local), clock=FakeClock())
    assert resources.emergency(COMMUNITY, "DE") == local
    assert resources.emergency(ELSEWHERE, "DE") == line
    assert resources.emergency(COMMUNITY, "FR") is None
    stale = replace(line, verified=TODAY - FRESH_FOR)
    assert Resources(directory=Shelf(stale), clock=FakeClock()).emergency(COMMUNITY, "DE") is None


def test_countries_are_those_with_something_live() -> None:
    services = [
        a_service(),
        a_service("at-line", country="AT", verified=None),
        a_service("ch-line", country="CH", topics=frozenset({Topic.YOUTH})),
        a_service("int-line", country=INTERNATIONAL),
    ]
    resources = Resources(directory=Shelf(*services), clock=FakeClock())
    assert resources.countries(COMMUNITY) == ["CH", "DE"]
    assert resources.countries(COMMUNITY, CRISIS) == ["DE"]


SUMMER, WINTER = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 1, 14, tzinfo=UTC)  # Wednesdays


def _opens(opens: str, closes: str, zone: str = "Europe/Berlin", days: str = "0123456") -> Service:
    opening = Opening(
        days=frozenset(map(int, days)), opens=time.fromisoformat(opens), closes=time.fromisoformat(closes)
    )
    return a_service(openings=(opening,), zone=zone)


@pytest.mark.parametrize(
    ("service", "at", "answers"),
    [
        (_opens("09:00", "17:00"), SUMMER + timedelta(hours=7), True),  # 09:00 in Berlin
        (_opens("09:00", "17:00"), WINTER + timedelta(hours=7), False),  # 08:00 there: no summer time
        (_opens("09:00", "17:00"), SUMMER + timedelta(hours=15), False),  # it closes at 17:00
        (_opens("09:00", "17:00", days="01346"), SUMMER + timedelta(hours=8), False),  # not on Wednesdays
        (_opens("15:00", "03:00", "Asia/Dhaka"), SUMMER + timedelta(hours=20), True),  # 02:00 of the next day there
        (_opens("15:00", "03:00", "Asia/Dhaka"), SUMMER + timedelta(hours=21), False),
        (_opens("15:00", "03:00", "Asia/Dhaka", days="2"), SUMMER + timedelta(hours=20), True),  # Wednesday's night
        (_opens("15:00", "03:00", "Asia/Dhaka", days="3"), SUMMER + timedelta(hours=20), False),
        (_opens("10:00", "00:00", "Europe/Tallinn"), SUMMER + timedelta(hours=20, minutes=59), True),
        (_opens("10:00", "00:00", "Europe/Tallinn"), SUMMER + timedelta(hours=21), False),
        (_opens("00:00", "00:00"), SUMMER, True),
        (_opens("09:00", "23:00", "Asia/Tokyo"), SUMMER, True),
    ],
)
def test_hours_are_those_of_the_service_where_it_is(service: Service, at: datetime, answers: bool) -> None:
    assert is_open(service, at) is answers


def test_a_night_in_which_clocks_change_is_as_long_as_it_is() -> None:
    night = _opens("22:00", "04:00")
    back = datetime(2026, 10, 25, tzinfo=ZoneInfo("Europe/Berlin"))
    begins = datetime(2026, 10, 24, 20, tzinfo=UTC)
    minutes = [begins + timedelta(minutes=each) for each in range(-60, 10 * 60)]
    assert sum(bool(is_open(night, each)) for each in minutes) >= 7 * 60
    assert is_open(night, back.replace(hour=2, minute=30, fold=0).astimezone(UTC))
    assert is_open(night, back.replace(hour=2, minute=30, fold=1).astimezone(UTC))


def test_of_hours_that_nobody_wrote_down_nothing_is_said() -> None:
    assert is_open(a_service(hours="varies"), START) is None
    assert is_open(a_service(is_always_open=True), START) is True


COUNTRIES = st.sampled_from(["DE", "PT", "BR", INTERNATIONAL, EU_WIDE])
NUMBERS = st.sampled_from(["555-0100", "555-0199", "+1 (555) 0199", "call 555 0101", " 5550102", "٥٥٥-٠١٩٩"])
SERVICES = st.lists(
    st.builds(
        a_service,
        st.integers(0, 10**6).map(lambda number: f"line-{number}"),
        country=COUNTRIES,
        topics=st.frozensets(st.sampled_from(Topic), min_size=1),
        contacts=st.lists(
            st.builds(Contact, medium=st.sampled_from(Medium), value=NUMBERS), min_size=1, max_size=3
        ).map(tuple),
        verified=st.none() | st.integers(-400, 400).map(lambda days: TODAY + timedelta(days=days)),
        confidence=st.sampled_from(Confidence),
        is_always_open=st.booleans(),
        audience=st.sampled_from(["", "adults"]),
        community=st.sampled_from([None, COMMUNITY, ELSEWHERE]),
    ),
    max_size=12,
    unique_by=lambda service: service.id,
)


@settings(max_examples=300, deadline=None)
@given(
    services=SERVICES,
    country=COUNTRIES | st.just(""),
    topics=st.frozensets(st.sampled_from(Topic)),
    written=st.booleans(),
    limit=st.integers(1, 4),
    confirmed=st.lists(st.tuples(st.integers(0, 11), st.integers(-400, 400)), max_size=6),
)
def test_nothing_that_is_shown_is_stale_or_retired_or_for_somebody_else(
    services: list[Service],
    country: str,
    topics: frozenset[Topic],
    written: bool,
    limit: int,
    confirmed: list[tuple[int, int]],
) -> None:
    confirmations = [
        a_confirmation(services[which], TODAY + timedelta(days=days))
        for which, days in confirmed
        if which < len(services)
    ]
    shelf = Shelf(*services, confirmations=confirmations, retired=[GONE])
    resources = Resources(directory=shelf, clock=FakeClock())
    shown = resources.fitting(COMMUNITY, country, topics, written=written, limit=limit)
    assert len(shown) <= limit
    for each in shown:
        service = each.service
        assert any(service is one for one in services), "what is shown is the entry itself, byte for byte"
        assert service.country in {country, INTERNATIONAL} - {EU_WIDE}
        assert service.community in {None, COMMUNITY}
        assert topics & service.topics
        assert service.has(*WRITTEN) or not written
        read = [service.verified, *(one.on for one in confirmations if one.service == service.id)]
        assert any(day is not None and timedelta() <= TODAY - day < FRESH_FOR for day in read)
        if service.country == GONE.country:
            assert not any(retired_in(contact.value, "DE", [GONE]) for contact in service.contacts)
    assert len({each.service.id for each in shown}) == len(shown)
    assert [each.is_open for each in shown] == sorted((each.is_open for each in shown), key=[True, None, False].index)
    assert resources.worldwide() is EVERYWHERE


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("555-0199", True),
        ("call 5550199 now", True),
        ("+49 (555) 01 99", True),
        ("555.0199", True),
        ("555\u00ad-0199", True),
        ("٥٥٥-٠١٩٩", True),
        ("555-01990", False),
        ("555-0198", False),
        ("", False),
    ],
)
def test_a_retired_number_is_known_by_its_digits(text: str, is_found: bool) -> None:
    assert (retired_in(text, "DE", [GONE]) is not None) is is_found
    assert retired_in(text, "AT", [GONE]) is None


@pytest.mark.parametrize(
    ("text", "is_found"),
    [("199", True), ("199 24/7", True), ("Line 199.", True), ("0800 199 555", False), ("1990", False), ("9199", False)],
)
def test_a_short_number_is_retired_as_a_whole_alone(text: str, is_found: bool) -> None:
    assert (retired_in(text, "DE", [replace(GONE, number="199")]) is not None) is is_found


@pytest.mark.parametrize(
    ("text", "is_found"), [("555 (Press 3)", True), ("555, press 3", True), ("555 (press 1)", False), ("555 3", False)]
)
def test_a_choice_behind_a_number_is_retired_with_its_words(text: str, is_found: bool) -> None:
    assert (retired_in(text, "DE", [replace(GONE, number="555 press 3")]) is not None) is is_found


@pytest.mark.parametrize(
    ("number", "is_short"),
    [
        ("+9114416", True),
        ("+91 14416", True),
        ("0091-14416", True),
        ("+1 988", True),
        ("+49 116 123", True),
        ("+353116123", True),
        ("+", False),
        ("116 123", False),
        ("0800 555 0100", False),
        ("+49 30 5550100", False),
        ("+1-555-555-0100", False),
    ],
)
def test_a_short_code_behind_a_countrys_code_is_known(number: str, is_short: bool) -> None:
    assert is_prefixed_short_code(number) is is_short


def test_a_directory_without_the_list_of_helplines_everywhere_says_so() -> None:
    shelf = Shelf()
    shelf.now = DirectoryState()
    with pytest.raises(LookupError, match="always in the directory"):
        Resources(directory=shelf, clock=FakeClock()).worldwide()


def test_the_newest_reading_that_counts_is_told() -> None:
    service = a_service(verified=TODAY - 9 * DAY)
    confirmations = [a_confirmation(service, TODAY - 3 * DAY), a_confirmation(service, TODAY + DAY)]
    resources = Resources(directory=Shelf(service, confirmations=confirmations), clock=FakeClock())
    assert resources.checked_on(service) == TODAY - 3 * DAY
    assert resources.checked_on(a_service("other", verified=None)) is None
