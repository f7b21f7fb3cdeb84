"""Crisis screening needs consent: a notice in the community, and a member who did not say no."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from core.flow.consent import NO_CONSENT, Consent, asks_for_consent, without_crisis
from core.flow.decision import decide, is_shielded
from core.flow.filter import Seen
from core.flow.history import NO_HISTORY, History
from core.model.belongings import Belongings
from core.model.case import Case, Concern
from core.model.finding import NOTHING, Category, CheckState, Finding, Kind, Verdict
from core.model.message import CommunityId, MemberId
from core.model.policy import CommunityPolicy
from core.model.preference import Preference
from core.model.standing import Standing
from tests.core.examples import COMMUNITY, ELSEWHERE, a_check, a_crisis, a_finding, a_message, saying
from tests.core.flow.policies import findings, histories, policies, verdicts, written


class Chosen:
    """Speaks as much of `core.member_ports.CareStore` as consent needs: remembers choices and how often it is asked."""

    def __init__(self, *chosen: Preference) -> None:
        self.chosen = {(each.community, each.member): each for each in chosen}
        self.asked = 0
        self.trouble: list[Exception] = []

    async def preference(self, community: CommunityId, member: MemberId) -> Preference:
        self.asked += 1
        if self.trouble:
            raise self.trouble.pop()
        return self.chosen.get((community, member), Preference(community=community, member=member))

    async def standing(self, community: CommunityId) -> Sequence[Standing]:
        raise NotImplementedError

    async def belongings(self, community: CommunityId, member: MemberId) -> Belongings:
        raise NotImplementedError

    async def cases_about(self, community: CommunityId, member: MemberId) -> Sequence[Case]:
        raise NotImplementedError

    async def flush_erased(self) -> None:
        raise NotImplementedError


def a_consent(*chosen: Preference, is_noticed: bool = True) -> Consent:
    return Consent(is_noticed=lambda _: is_noticed, care=Chosen(*chosen))


def unscreened(member: str = "ann", community: CommunityId = COMMUNITY) -> Preference:
    return Preference(community=community, member=MemberId(member), no_crisis_screening=True)


async def test_a_member_who_said_nothing_in_a_community_with_a_notice_is_screened() -> None:
    verdict = saying(a_crisis(3))
    assert await a_consent().applied(verdict, a_message()) is verdict


async def test_what_was_found_in_the_words_of_who_opted_out_is_gone_with_its_score_and_its_checks() -> None:
    found = Verdict(
        findings=(a_crisis(4), a_finding(level=2)),
        checks=(a_check(Category.CRISIS), a_check(Category.TOXICITY)),
        scores={"crisis": 0.9, "insult": 0.8},
    )
    verdict = await a_consent(unscreened()).applied(found, a_message())
    assert verdict.findings == (a_finding(level=2),)
    assert verdict.checks == (a_check(Category.TOXICITY), NO_CONSENT)
    assert verdict.scores == {"insult": 0.8}


async def test_a_choice_holds_in_its_own_community_and_for_its_own_member_alone() -> None:
    consent, verdict = a_consent(unscreened()), saying(a_crisis())
    assert await consent.applied(verdict, a_message(author="ben")) is verdict
    assert await consent.applied(verdict, a_message(community=ELSEWHERE)) is verdict


async def test_without_a_notice_nobody_is_screened_for_crisis_whatever_they_chose() -> None:
    for chosen in ((), (unscreened(),)):
        verdict = await a_consent(*chosen, is_noticed=False).applied(saying(a_crisis(4)), a_message())
        assert verdict == saying(checks=[NO_CONSENT])


async def test_not_wanting_messages_is_no_reason_not_to_screen() -> None:
    quiet = Preference(community=COMMUNITY, member=MemberId("ann"), no_contact=True)
    verdict = saying(a_crisis())
    assert await a_consent(quiet).applied(verdict, a_message()) is verdict


async def test_ordinary_messages_cost_no_look_at_choices() -> None:
    care = Chosen()
    consent = Consent(is_noticed=lambda _: True, care=care)
    considered = a_check(Category.CRISIS, CheckState.CONSIDERED)
    for verdict in (NOTHING, saying(a_finding()), saying(checks=[considered]), saying(checks=[a_check(None)])):
        assert await consent.applied(verdict, a_message()) is verdict
    assert care.asked == 0
    await consent.applied(saying(checks=[a_check(state=CheckState.SKIPPED)]), a_message())
    assert care.asked == 1


async def test_distress_does_not_come_before_moderators_as_rudeness_because_its_author_opted_out() -> None:
    toxic = a_finding(Category.TOXICITY, 4)
    own = await a_consent(unscreened()).applied(saying(a_crisis(3), toxic), a_message())
    assert own.findings == ()
    of_another = saying(a_crisis(3, Kind.THIRD_PERSON), toxic)
    assert (await a_consent(unscreened()).applied(of_another, a_message())).findings == (toxic,)


def _is_about_others(finding: Finding) -> bool:
    return finding.category in {Category.HARASSMENT, Category.RULES}


unscreened_verdicts = st.builds(
    lambda verdict, found: Verdict(findings=(*verdict.findings, *found), checks=verdict.checks),
    verdicts,
    st.lists(findings((Category.CRISIS,)), max_size=2),
).filter(asks_for_consent)


@given(policies, written, unscreened_verdicts, histories)
def test_without_consent_no_crisis_case_follows_and_all_else_is_decided_as_it_would_have_been(
    policy: CommunityPolicy, message: Seen, screened: Verdict, history: History
) -> None:
    left = without_crisis(screened)
    assert is_shielded(left, NO_HISTORY)
    assert list(filter(_is_about_others, left.findings)) == list(filter(_is_about_others, screened.findings))
    with_it, without_it = decide(policy, message, screened, history), decide(policy, message, left, history)
    assert all(opening.concern is not Concern.CRISIS for opening in without_it.openings)
    assert [each for each in with_it.openings if each.concern is not Concern.CRISIS] == list(without_it.openings)
    assert without_it.effects.automatic <= with_it.effects.automatic
