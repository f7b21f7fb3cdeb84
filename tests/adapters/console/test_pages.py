"""The pages: what is shown to whom, what clicks do, and what forged ones learn (nothing)."""

from collections.abc import Sequence

import pytest

from adapters.console.sources import Progress, Stop, Tell
from adapters.local.platform import HARBOUR, Spoken
from core.desk.clicks import Verb
from core.errors import GaveUp
from core.model.action import LAWS, ActionKind
from core.model.card import Text
from core.model.case import CaseId, Concern, State, Tier
from core.model.message import CommunityId, MemberId, RoleId
from core.model.order import Order
from core.model.record import Action, Commit, Committed, SealedMessage
from tests.adapters.console.pier import CAST, GENERAL, pier


async def test_a_case_stands_in_the_queue_with_level_kind_channel_and_why() -> None:
    async with pier() as here:
        await here.open_case()
        page = (await here.client.get("/queue")).text
        for words in ("High", "Threat", "in #general", "just now", "about Tomas", "A word of this test was seen."):
            assert words in page
        assert "you gravel" not in page


async def test_a_crisis_card_names_nobody_and_holds_no_words() -> None:
    async with pier() as here:
        await here.open_case(concern=Concern.CRISIS, level=4)
        page = (await here.client.get("/queue")).text
        assert "Urgent" in page
        assert "about Tomas" not in page
        assert "gravel" not in page
        assert "Don&#39;t do this alone" in page


async def test_a_crisis_case_can_be_handed_to_responders_and_the_owner_only() -> None:
    async with pier() as here:
        case = await here.open_case(concern=Concern.CRISIS)
        claimed = (await here.post(f"/cases/{case.id}/claim", {"turn": "1"})).text
        assert '<option value="alma">Alma</option>' in claimed
        assert "bastian" not in claimed.partition("<article")[2]


async def test_level_two_crisis_comes_without_the_playbook() -> None:
    async with pier() as here:
        await here.open_case(concern=Concern.CRISIS, level=2)
        assert "alone" not in (await here.client.get("/queue")).text


async def test_a_moderator_who_is_no_responder_sees_no_crisis_case() -> None:
    async with pier() as here:
        case = await here.open_case(concern=Concern.CRISIS)
        here.be("bastian")
        assert case.id not in (await here.client.get("/queue")).text
        assert (await here.post(f"/cases/{case.id}/show")).status_code == 404
        assert (await here.post(f"/cases/{case.id}/claim", {"turn": "1"})).status_code == 404


async def test_show_reveals_the_words_marked_with_those_before_and_is_audited() -> None:
    async with pier() as here:
        case = await here.open_case()
        answer = await here.post(f"/cases/{case.id}/show")
        assert answer.status_code == 200
        assert "you <mark>gravel</mark>" in answer.text
        assert "what was said before" in answer.text
        assert "This look is recorded" in answer.text
        (entry, *_) = await here.store.audit(HARBOUR, 10)
        assert (entry.verb, entry.actor) == ("shown", "chidi")


async def test_show_escapes_what_was_written() -> None:
    async with pier() as here:
        text = "<script>alert(1)</script> \u202egravel \ud800 <img src=x onerror=alert(1)>"
        case = await here.open_case(text=text, spans=((27, 33),))
        answer = (await here.post(f"/cases/{case.id}/show")).text
        assert "<script" not in answer
        assert "<img" not in answer
        assert "\u202e" not in answer
        assert "<mark>gravel</mark> \ufffd" in answer


async def test_show_says_so_when_the_words_are_gone() -> None:
    async with pier() as here:
        case = await here.open_case()
        await here.store.commit(Commit(destroyed_texts=(case.id,)))
        answer = await here.post(f"/cases/{case.id}/show")
        assert answer.status_code == 410
        assert "have been deleted" in answer.text
        assert answer.headers["hx-reswap"] == "none"


async def test_a_damaged_seal_is_said_and_the_rest_of_the_case_still_works(monkeypatch: pytest.MonkeyPatch) -> None:
    async def damaged(community: CommunityId, case_id: CaseId) -> Sequence[SealedMessage]:
        raise GaveUp(reason="a sealed text was changed or moved")

    async with pier() as here:
        case = await here.open_case()
        monkeypatch.setattr(here.store, "texts", damaged)
        answer = await here.post(f"/cases/{case.id}/show")
        assert answer.status_code == 409
        assert "was damaged or changed" in answer.text
        assert answer.headers["hx-reswap"] == "none"
        assert (await here.post(f"/cases/{case.id}/claim", {"turn": "1"})).status_code == 200


async def test_a_click_that_the_database_refuses_for_good_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refused(unit: Commit) -> Committed:
        raise GaveUp(reason="the database refused it")

    async with pier() as here:
        case = await here.open_case()
        monkeypatch.setattr(here.store, "commit", refused)
        answer = await here.post(f"/cases/{case.id}/claim", {"turn": "1"})
        assert answer.status_code == 409
        assert "nothing was changed" in answer.text


async def test_the_second_to_claim_is_told_who_was_first_and_since_when() -> None:
    async with pier() as here:
        case = await here.open_case()
        here.be("bastian")
        first = await here.post(f"/cases/{case.id}/claim", {"turn": "1"})
        assert first.status_code == 200
        assert "The case is yours." in first.text
        here.be("chidi")
        second = await here.post(f"/cases/{case.id}/claim", {"turn": "1"})
        assert second.status_code == 409
        since = f"{here.clock.now().astimezone():%H:%M}"
        assert f"Bastian has had this case since {since}." in second.text
        assert 'role="alert"' in second.text


async def test_a_second_click_of_ones_own_is_told_so_in_good_english() -> None:
    async with pier() as here:
        case = await here.open_case()
        await here.post(f"/cases/{case.id}/claim", {"turn": "1"})
        again = await here.post(f"/cases/{case.id}/claim", {"turn": "2"})
        assert again.status_code == 409
        assert "This case is already yours" in again.text


async def test_a_case_is_claimed_resolved_and_taken_back() -> None:
    async with pier() as here:
        case = await here.open_case()
        claimed = await here.post(f"/cases/{case.id}/claim", {"turn": "1"})
        assert "Your claim lasts 15 minutes more." in claimed.text
        resolved = await here.post(f"/cases/{case.id}/resolve", {"turn": "2", "outcome": "upheld"})
        assert "Decided: Rule broken." in resolved.text
        assert "Rule broken, decided by you just now." in resolved.text
        undone = await here.post(f"/cases/{case.id}/undo", {"turn": "3"})
        assert "Taken back" in undone.text
        after = await here.store.case(HARBOUR, case.id)
        assert after is not None
        assert (after.state, after.holder) == (State.CLAIMED, "chidi")


async def test_hand_over_snooze_extend_release_and_escalate_are_clicks_too() -> None:
    async with pier() as here:
        case = await here.open_case()
        for verb, turn, params, said in (
            ("claim", 1, {}, "The case is yours."),
            ("extend", 2, {}, "Your claim lasts longer now."),
            ("escalate", 2, {"tier": "0"}, "Help was asked for."),
            ("escalate", 2, {"tier": "2"}, "Help was asked for."),
            ("release", 2, {}, "The case is back in the queue."),
            ("snooze", 3, {"minutes": "60"}, "The case sleeps."),
            ("claim", 4, {}, "The case is yours."),
            ("hand_over", 5, {"to": "bastian"}, "Handed over."),
        ):
            answer = await here.post(f"/cases/{case.id}/{verb}", {"turn": str(turn), **params})
            assert answer.status_code == 200, verb
            assert said in answer.text


@pytest.mark.parametrize(
    ("path", "data", "status"),
    [
        ("/cases/nothing/claim", {"turn": "1"}, 404),
        ("/cases/nothing/show", {}, 404),
        ("/cases/case1/destroy", {"turn": "1"}, 404),
        ("/cases/case1/claim", {"turn": "7"}, 409),
        ("/cases/case1/claim", {"turn": "-1"}, 409),
        ("/cases/case1/claim", {"turn": "one"}, 409),
        ("/cases/case1/claim", {"turn": "9" * 400}, 409),
        ("/cases/case1/claim", {}, 409),
        ("/cases/case1/resolve", {"turn": "1", "outcome": "banished"}, 409),
        ("/cases/case1/snooze", {"turn": "1", "minutes": "-5"}, 409),
        ("/cases/case1/carry_out", {"turn": "1", "action": "forged"}, 409),
    ],
)
async def test_a_forged_click_is_refused_in_words_and_changes_nothing(
    path: str, data: dict[str, str], status: int
) -> None:
    async with pier() as here:
        case = await here.open_case()
        answer = await here.post(path, data)
        assert answer.status_code == status
        assert 'class="said refused"' in answer.text
        assert await here.store.case(HARBOUR, case.id) == case


@pytest.mark.parametrize("verb", [*map(str, Verb), "show", "identify"])
async def test_another_communitys_case_answers_like_one_that_does_not_exist(verb: str) -> None:
    async with pier() as here:
        other = await here.open_case("other", community=CommunityId("local:elsewhere"))
        await here.become(other.id, community=other.community, tier=Tier.BANNER)
        params = {"turn": "1", "outcome": "upheld", "note": "x", "to": "alma", "kind": "delete", "minutes": "5"}
        theirs = await here.post(f"/cases/{other.id}/{verb}", params)
        unknown = await here.post(f"/cases/unknown/{verb}", params)
        assert (theirs.status_code, theirs.text) == (unknown.status_code, unknown.text) == (404, unknown.text)
        page = (await here.client.get("/")).text
        assert other.id not in page
        assert "Nobody has answered" not in page


async def test_a_role_lost_in_mid_claim_takes_the_case_out_of_sight() -> None:
    async with pier() as here:
        case = await here.open_case(concern=Concern.CRISIS)
        assert (await here.post(f"/cases/{case.id}/claim", {"turn": "1"})).status_code == 200
        here.platform.set_roles(CAST[0].id, frozenset({RoleId("moderator")}))
        assert (await here.post(f"/cases/{case.id}/show")).status_code == 404
        assert case.id not in (await here.client.get("/queue")).text


async def test_only_people_of_the_desk_can_sit_at_it() -> None:
    async with pier() as here:
        assert (await here.post("/you", {"member": "bastian"})).status_code == 204
        assert (await here.post("/you", {"member": "wren"})).status_code == 404
        here.be("wren")
        await here.open_case()
        assert "Chidi" in (await here.client.get("/")).text


async def test_what_is_said_appears_escaped_and_isolated() -> None:
    async with pier() as here:
        answer = await here.post("/chat/messages", {"channel": "general", "text": "<b>hello</b> \u202e"})
        assert answer.status_code == 200
        page = (await here.client.get("/chat/messages?channel=general")).text
        assert "&lt;b&gt;hello&lt;/b&gt;" in page
        assert "\u202e" not in page
        assert '<bdi class="author">Wren</bdi>' in page


async def test_names_of_strangers_can_do_nothing() -> None:
    async with pier() as here:
        stranger = CAST[3].__class__(id=MemberId("x"), name='"><script>\u202e' + "n" * 500)
        await here.platform.say_all([Spoken(author=stranger, channel=GENERAL, text="hi")])
        await here.open_case(author=stranger)
        page = (await here.client.get("/")).text
        assert "<script>" not in page
        assert "\u202e" not in page


async def test_a_refused_message_comes_back_with_the_reason() -> None:
    async with pier() as here:
        refused = await here.post("/chat/messages", {"channel": "general", "text": "   "})
        assert refused.status_code == 409
        assert "There is nothing to send." in refused.text


async def test_ones_own_message_is_edited_and_deleted_and_nobody_elses() -> None:
    async with pier() as here:
        own = await here.platform.say(MemberId("wren"), GENERAL.id, "mine")
        other = await here.platform.say(MemberId("tomas"), GENERAL.id, "theirs")
        assert "mine" in (await here.client.get(f"/chat/messages/{own.id}/edit")).text
        assert (await here.client.get(f"/chat/messages/{other.id}/edit")).status_code == 409
        edited = await here.post(f"/chat/messages/{own.id}/edit", {"channel": "general", "text": "still mine"})
        assert edited.status_code == 200
        for verb in ("edit", "delete"):
            taken = await here.post(f"/chat/messages/{other.id}/{verb}", {"channel": "general", "text": "x"})
            assert taken.status_code == 409
        await here.post(f"/chat/messages/{own.id}/delete", {"channel": "general"})
        assert [message.text for message in here.platform.messages(GENERAL.id, 9)] == ["theirs"]


async def test_a_long_message_is_shortened_in_the_chat_and_says_so() -> None:
    async with pier() as here:
        answer = await here.post("/chat/messages", {"channel": "general", "text": "x" * 200_000})
        assert answer.status_code == 200
        page = (await here.client.get("/chat/messages?channel=general")).text
        assert "198800 more characters" in page
        assert len(page) < 20_000


async def test_a_message_of_the_greatest_length_in_the_widest_characters_is_taken_and_a_longer_one_comes_back() -> None:
    async with pier() as here:
        taken = await here.post("/chat/messages", {"channel": "general", "text": "\U0001f30a" * 250_000})
        assert taken.status_code == 200
        refused = await here.post("/chat/messages", {"channel": "general", "text": "\U0001f30a" * 250_001})
        assert refused.status_code == 409
        assert "A message has at most 250000 characters." in refused.text
        (own,) = here.platform.messages(GENERAL.id, 9)
        edited = await here.post(
            f"/chat/messages/{own.id}/edit", {"channel": "general", "text": "\U0001f30b" * 249_000}
        )
        assert edited.status_code == 200


@pytest.mark.parametrize(
    ("params", "says"), [({}, "no person has looked at this yet"), ({"by": "chidi"}, "A moderator looked at")]
)
async def test_a_warning_says_truly_whether_a_person_looked(params: dict[str, str], says: str) -> None:
    async with pier() as here:
        kind = ActionKind.WARN
        action = Action(
            key="warn",
            community=HARBOUR,
            case_id=CaseId("case1"),
            version=1,
            kind=kind,
            lane=LAWS[kind].lane,
            target="wren",
            params=params,
        )
        await here.platform.perform(Order(action=action))
        page = (await here.client.get("/chat/messages?channel=general")).text
        assert says in page
        assert ("automated" in page) == (not params)


async def test_notices_stand_at_the_top_until_they_are_cleared() -> None:
    async with pier() as here:
        here.notices.raise_notice("store", Text(key="notice.store", params={"reason": "<full>"}))
        assert "&lt;full&gt;" in (await here.client.get("/top")).text
        here.notices.clear_notice("store")
        assert "full" not in (await here.client.get("/top")).text


async def test_the_status_line_explains_shadow() -> None:
    async with pier() as here:
        top = (await here.client.get("/top")).text
        assert "7 messages screened" in top
        assert "only written down" in top


async def test_more_cases_than_shown_can_be_asked_for() -> None:
    async with pier() as here:
        for number in range(25):
            await here.open_case(
                f"case{number}", author=CAST[3].__class__(id=MemberId(f"m{number}"), name=f"M{number}")
            )
        first = (await here.client.get("/queue")).text
        assert first.count("<article") == 20
        assert "The 20 most urgent open cases" in first
        everything = (await here.client.get("/queue?limit=40")).text
        assert everything.count("<article") == 25
        assert "25 open cases" in everything
        assert (await here.client.get("/queue?limit=forged")).text.count("<article") == 20


class FakePlayer:
    name = "scene"
    label = "Play the scene"

    def __init__(self) -> None:
        self.calls: list[str] = []

    def progress(self) -> Progress:
        return Progress(is_running=self.calls[-1:] == ["start"], share=0.5, note="12 of 24")

    def start(self) -> None:
        self.calls.append("start")

    def stop(self) -> None:
        self.calls.append("stop")

    def listen(self, listener: Tell) -> Stop:
        return lambda: None


async def test_a_player_is_started_shown_and_stopped() -> None:
    player = FakePlayer()
    async with pier((player,)) as here:
        assert "Play the scene" in (await here.client.get("/")).text
        started = await here.post("/players/scene/start")
        assert "12 of 24" in started.text
        await here.post("/players/scene/stop")
        assert player.calls == ["start", "stop"]
        assert (await here.post("/players/scene/progress")).status_code == 404
        assert (await here.post("/players/other/start")).status_code == 404
