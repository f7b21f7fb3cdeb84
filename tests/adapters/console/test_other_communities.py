"""The console's paths give a community nothing of another's cases: what exists there answers as what exists nowhere."""

from collections.abc import Mapping
from dataclasses import replace

import httpx
import pytest

from core.desk.clicks import Verb
from core.model.case import Tier
from core.model.record import CaseWrite, Commit
from tests.adapters.console.office import HARBOUR, HILL, Office, opened

PARAMS = {
    "outcome": "upheld",
    "reason": "threats",
    "to": "chidi",
    "note": "synthetic",
    "minutes": "5",
    "hours": "24",
    "tier": "0",
    "kind": "warn",
    "duration_s": "3600",
    "action": "0" * 32,
}
READ = ["queue", "queue?case={}", "queue?open={}", "?case={}", "cases/{}", "cases/{}/show", "top"]


async def a_case_on_the_hill(office: Office) -> str:
    case = await office.open_case(HILL, "case2")
    unanswered = replace(case, version=2, tier=Tier.BANNER, waiting_since=case.opened_at)
    await office.store.commit(Commit(cases=(CaseWrite(case=unanswered, expected_version=1),)))
    return case.id


def answer(response: httpx.Response, case_id: str) -> tuple[int, Mapping[str, str], str]:
    headers = {name: response.headers.get(name, "") for name in ("location", "hx-redirect", "hx-trigger")}
    return response.status_code, headers, response.text.replace(case_id, "ID")


@pytest.mark.parametrize("verb", [*Verb, "show", "identify", "forged"])
async def test_every_verb_on_another_communitys_case_answers_as_on_none(verb: str) -> None:
    async with opened() as office:
        await office.enter("alma")
        case_id = await a_case_on_the_hill(office)
        before = dict(await office.store.counts())
        for params in ({}, PARAMS):
            for turn in ("1", "0", "x", ""):
                asked, of_none = [
                    answer(await office.post(f"/cases/{each}/{verb}", turn=turn, **params), each)
                    for each in (case_id, "nosuchcase")
                ]
                assert asked == of_none
                assert asked[0] >= 400
        assert dict(await office.store.counts()) == before
        assert not await office.store.audit(HILL, 10)
        assert not await office.store.audit(HARBOUR, 10)


@pytest.mark.parametrize("path", READ)
async def test_no_page_tells_of_another_communitys_case(path: str) -> None:
    async with opened() as office:
        await office.enter("alma")
        before = answer(await office.client.get("/" + path.format("case2")), "case2")
        await a_case_on_the_hill(office)
        assert answer(await office.client.get("/" + path.format("case2")), "case2") == before
