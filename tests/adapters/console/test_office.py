"""The console of a running bot: nobody comes in without the key, and everybody acts under a name of their own."""

import re
from dataclasses import replace

import pytest

from core.model.case import Tier
from core.model.record import CaseWrite, Commit
from tests.adapters.console.office import HARBOUR, HILL, KEY, LONE, PEOPLE, opened


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/queue"),
        ("GET", "/top"),
        ("GET", "/events"),
        ("POST", "/you"),
        ("POST", "/community"),
        ("POST", "/cases/case1/show"),
        ("POST", "/cases/case1/claim"),
        ("GET", "/nothing-here"),
        ("GET", "//livez"),
        ("GET", "/livez/../queue"),
    ],
)
@pytest.mark.parametrize("cookie", ["", KEY, "0" * 64, "wröng"])
async def test_without_the_key_there_is_nothing_to_see_or_do(method: str, path: str, cookie: str) -> None:
    async with opened() as office:
        case = await office.open_case()
        headers = {"x-lightkeeper-token": await office.token(), "cookie": f"lightkeeper_session={cookie}"}
        data = {"turn": "1", "member": "alma"} if method == "POST" else None
        encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
        answer = await office.client.request(method, path, headers=encoded, data=data)
        assert answer.status_code == 401
        assert "lightkeeper console" in answer.text
        for word in ("Alma", "Harbour", "Tomas", case.id, KEY):
            assert word not in answer.text
        after = await office.store.case(HARBOUR, case.id)
        assert after is not None
        assert after.holder is None


async def test_the_key_gives_a_cookie_that_scripts_and_other_sites_never_get_and_that_is_not_the_key() -> None:
    async with opened() as office:
        answer = await office.post("/enter", key=f" {KEY}\n")
        assert answer.status_code == 204
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert KEY not in cookie
        assert answer.headers["cache-control"] == "no-store"
        assert (await office.client.get("/")).status_code == 200


@pytest.mark.parametrize("key", ["", "wrong", KEY[:-1], KEY + "x", "wröng"])
async def test_another_key_gives_no_cookie(key: str) -> None:
    async with opened() as office:
        answer = await office.post("/enter", key=key)
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers


async def test_the_key_can_be_handed_over_by_our_own_page_only() -> None:
    async with opened() as office:
        for headers in ({}, {"x-lightkeeper-token": await office.token(), "origin": "http://evil.example"}):
            answer = await office.client.post("/enter", data={"key": KEY}, headers=headers)
            assert answer.status_code == 403
            assert "set-cookie" not in answer.headers


async def test_the_form_for_the_key_never_puts_it_into_an_address_also_where_no_script_runs() -> None:
    async with opened() as office:
        page = (await office.client.get("/enter")).text
        (form,) = re.findall(r"<form [^>]*>", page)
        assert 'method="post"' in form
        answer = await office.client.post("/enter", data={"key": KEY})
        assert answer.status_code == 403
        assert KEY not in answer.text


async def test_whoever_comes_in_says_who_they_are_before_they_see_anything() -> None:
    async with opened() as office:
        await office.enter()
        await office.open_case()
        page = (await office.client.get("/")).text
        assert "Who are you?" in page
        assert "Threat" not in page
        assert (await office.client.get("/queue")).status_code == 403
        assert (await office.post("/cases/case1/claim", turn="1")).status_code == 403
        assert (await office.post("/you", member="wren")).status_code == 404
        assert (await office.post("/you", member="alma")).status_code == 204
        assert "Threat" in (await office.client.get("/")).text


async def test_what_is_done_is_done_under_the_chosen_name() -> None:
    async with opened() as office:
        await office.enter("bastian")
        case = await office.open_case()
        assert (await office.post(f"/cases/{case.id}/claim", turn="1")).status_code == 200
        assert [(each.verb, each.actor) for each in await office.store.audit(HARBOUR, 5)] == [("claimed", "bastian")]


async def test_another_community_has_its_own_people_and_its_own_cases() -> None:
    async with opened() as office:
        await office.enter("alma")
        await office.open_case(HILL, "case2")
        assert "Threat" not in (await office.client.get("/queue")).text
        assert (await office.post("/cases/case2/claim", turn="1")).status_code == 404
        assert (await office.post("/community", community="local:elsewhere")).status_code == 404
        assert (await office.post("/community", community=HILL)).status_code == 204
        assert "Who are you?" in (await office.client.get("/")).text  # Alma is nobody there
        assert (await office.post("/you", member="bastian")).status_code == 204
        assert "Threat" in (await office.client.get("/")).text
        assert (await office.post("/cases/case2/claim", turn="1")).status_code == 200


async def test_the_banner_tells_of_the_community_that_is_looked_after_to_whoever_has_said_who_they_are() -> None:
    async with opened() as office:
        await office.enter()
        case = await office.open_case(HILL, "case2")
        unanswered = replace(case, version=2, tier=Tier.BANNER, waiting_since=case.opened_at)
        await office.store.commit(Commit(cases=(CaseWrite(case=unanswered, expected_version=1),)))
        assert "Nobody has answered" not in (await office.client.get("/top")).text
        await office.post("/you", member="bastian")
        assert "Nobody has answered" not in (await office.client.get("/top")).text
        await office.post("/community", community=HILL)
        assert "Nobody has answered this case." in (await office.client.get("/top")).text


async def test_where_only_one_person_is_named_nobody_is_asked() -> None:
    async with opened() as office:
        await office.enter()
        await office.post("/community", community=LONE)
        page = (await office.client.get("/")).text
        assert "Rin" in page
        assert "Who are you?" not in page


async def test_one_community_alone_needs_no_choice_and_names_are_escaped() -> None:
    async with opened() as office:
        await office.enter("alma")
        assert "Lantern &lt;Hill&gt;" in (await office.client.get("/")).text
        office.fakes.people_of = {HARBOUR: PEOPLE[HARBOUR]}
        assert 'id="community"' not in (await office.client.get("/")).text


async def test_a_platform_that_is_away_is_told_with_what_is_wrong() -> None:
    async with opened() as office:
        await office.enter("alma")
        assert "Local: connected" in (await office.client.get("/top")).text
        office.fakes.is_up = False
        top = (await office.client.get("/top")).text
        assert "Local: not connected" in top
        assert "stopped and was started again" in top


async def test_machines_need_no_key_but_our_own_host_name() -> None:
    async with opened() as office:
        assert (await office.client.get("/livez")).text == "ok"
        assert (await office.client.get("/metrics")).headers["content-type"].startswith("text/plain")
        ready = await office.client.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
        office.fakes.is_ready = False
        ready = await office.client.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (503, "not ready")
        for path in ("/livez", "/readyz", "/metrics"):
            assert (await office.client.get(path, headers={"host": "evil.example"})).status_code == 421
