"""What keeps other sites out, and this page from loading anything from elsewhere."""

import re

import pytest

from adapters.console.assets import STATIC
from adapters.console.pages import TEMPLATES
from tests.adapters.console.pier import pier


async def test_every_answer_carries_a_strict_policy() -> None:
    async with pier() as here:
        for path in ("/", "/queue", "/nothing-here", "/static/nothing.css"):
            headers = (await here.client.get(path)).headers
            assert headers["content-security-policy"].startswith("default-src 'self';")
            assert "unsafe" not in headers["content-security-policy"]
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert headers["referrer-policy"] == "no-referrer"
            assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8765", "", "localhost.evil.example", "[::2]"])
async def test_a_foreign_host_name_gets_nothing(host: str) -> None:
    async with pier() as here:
        answer = await here.client.get("/", headers={"host": host})
        assert answer.status_code == 421
        assert here.token not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8765", "localhost:80", "LOCALHOST", "[::1]:8765", "[::1]"])
async def test_our_own_names_are_answered(host: str) -> None:
    async with pier() as here:
        assert (await here.client.get("/livez", headers={"host": host})).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"x-lightkeeper-token": ""},
        {"x-lightkeeper-token": "wrong"},
        {"x-lightkeeper-token": "wröng"},
    ],
)
async def test_a_click_from_elsewhere_is_refused_and_changes_nothing(headers: dict[str, str]) -> None:
    async with pier() as here:
        case = await here.open_case()
        encoded = {name: value.encode("latin-1").decode("latin-1") for name, value in headers.items()}
        answer = await here.client.post(
            f"/cases/{case.id}/claim",
            data={"turn": "1"},
            headers=[
                (name.encode(), value.encode("latin-1"))
                for name, value in ({"x-lightkeeper-token": here.token, "origin": "http://127.0.0.1"} | encoded).items()
            ],
        )
        assert answer.status_code == 403
        after = await here.store.case(case.community, case.id)
        assert after is not None
        assert after.holder is None


async def test_a_body_without_length_or_beyond_the_limit_is_refused() -> None:
    async with pier() as here:
        answer = await here.post("/chat/messages", {"text": "x" * 4_200_000, "channel": "general"})
        assert answer.status_code == 413
        assert here.platform.count(here.platform.channels()[0].id) == 0


def test_nothing_is_loaded_from_elsewhere_and_nothing_is_inline() -> None:
    for path in sorted(TEMPLATES.glob("*.html")):
        source = path.read_text(encoding="utf-8")
        assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", source), path.name
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|hx-on|javascript:", source), path.name


def test_our_own_files_name_no_other_place() -> None:
    for name in ("console.css", "console.js"):
        assert not re.search(r"https?://|@import|url\(", (STATIC / name).read_text(encoding="utf-8")), name


async def test_files_carry_their_hash_and_may_be_kept_for_good() -> None:
    async with pier() as here:
        page = (await here.client.get("/")).text
        addresses = re.findall(r"(?:src|href)=\"(/static/[^\"]+)\"", page)
        assert len(addresses) >= 5
        for address in addresses:
            answer = await here.client.get(address)
            assert answer.status_code == 200
            assert "immutable" in answer.headers["cache-control"]
            assert re.search(r"\.[0-9a-f]{12}\.(css|js|svg)$", address)


async def test_pages_are_kept_nowhere() -> None:
    async with pier() as here:
        assert (await here.client.get("/queue")).headers["cache-control"] == "no-store"
