"""However much passes through a backtest, it keeps only what is open and what was said a moment ago."""

from datetime import timedelta

from adapters.exports.entry import Entry
from bots.backtest.past import KEYS_KEPT
from bots.backtest.trial import Judged, Trial
from core.flow.conversation import Conversations
from core.model.policy import CommunityPolicy
from tests.bots.backtest.trying import START, screening
from tests.core.examples import a_finding, a_message, saying
from tests.core.house import WordFilter


async def test_closed_cases_and_events_of_long_ago_are_forgotten() -> None:
    trial = Trial(CommunityPolicy(), screening(WordFilter()), timedelta(minutes=60))
    conversations = Conversations()
    await trial.begin(START)
    alerts = 0
    for number in range(KEYS_KEPT + 5000):
        message = a_message(f"m{number}", author=f"member{number}", sent_at=START + timedelta(minutes=number))
        verdict = saying(a_finding(level=3)) if number % 10 == 0 else saying()
        entry = Entry("log.jsonl", "line", number, message)
        judged = Judged(entry=entry, seen=conversations.see(message), verdict=verdict)
        alerts += len(await trial.take([judged]))
    assert alerts == (KEYS_KEPT + 5000) // 10
    assert trial._stretch is not None
    counts = await trial._stretch._ledger.counts()
    assert counts["cases_open"] == counts["cases"] == counts["evidence"] <= 7
    assert counts["done"] == KEYS_KEPT
    assert {counts[name] for name in ("texts", "actions", "timers", "audit")} == {0}
    assert len(await trial._stretch._intake.take(10)) == 0
