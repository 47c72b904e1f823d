"""Search by each provider, against a local server that answers in its shapes; and reading what was found."""

from pathlib import Path
from typing import Any

import pytest

from tests.catalog.connectors.harness import CANARY, Case, opened, play, use
from tests.servers.desk import Answer, Desk
from troupe.base.errors import BadInput, Refused, TroupeError
from troupe.catalog.blocks.text.main_content import PAGE
from troupe.features.connections.service import read

RESULT = {"title": "Tides", "url": "https://example.org/tides"}
SHOWN = {"items": [{**RESULT, "text": "The moon."}], "next_cursor": None}
CASES = {
    "brave": Case("search", {"query": "tides", "limit": 3, "since": "week", "sites": ["example.org", "a.example"]},
        {"GET /web/search?q=tides+%28site%3Aexample.org+OR+site%3Aa.example%29&count=3&freshness=pw"
         "&text_decorations=false": {"type": "search", "web": {"results": [{**RESULT, "description": "The moon.",
            "page_age": "2026-11-01"}]}}}, SHOWN, headers={"x-subscription-token": CANARY}),
    "tavily": Case("search", {"query": "tides", "since": "day", "sites": ["example.org"]}, {"POST /search": {
        "query": "tides", "results": [{**RESULT, "content": "The moon.", "score": 0.9}]}}, SHOWN,
        body={"query": "tides", "max_results": 10, "time_range": "day", "include_domains": ["example.org"]},
        headers={"authorization": f"Bearer {CANARY}"}),
    "exa": Case("search", {"query": "tides", "limit": 2}, {"POST /search": {"requestId": "1", "results": [
        {**RESULT, "id": "x", "highlights": ["The moon."], "publishedDate": "2026-11-01"}]}},
        {"items": [{**RESULT, "text": ["The moon."]}]}, headers={"x-api-key": CANARY},
        body={"query": "tides", "numResults": 2, "contents": {"highlights": True}}),
    "searxng": Case("search", {"query": "tides", "since": "year", "limit": 1}, {
        "GET /search?q=tides&format=json&time_range=year": {"results": [{**RESULT, "content": "The moon.",
            "engine": "x"}, {"title": "More"}]}}, SHOWN),
}  # fmt: skip


@pytest.mark.parametrize("provider", CASES)
async def test_a_provider_is_asked_as_it_documents(tmp_path: Path, provider: str) -> None:
    credential = None if provider == "searxng" else {"token": CANARY}
    asked = await play(
        tmp_path, "web_search", lambda url: {"provider": provider, "base_url": url}, credential, CASES[provider]
    )
    assert len(asked) == 1


async def test_a_page_is_read_as_text_and_without_the_key(tmp_path: Path) -> None:
    with Desk() as site:
        site.routes["/tides"] = lambda _: Answer(PAGE.encode(), headers={"content-type": "text/html"})
        async with opened(tmp_path, "web_search", {}, {"token": CANARY}) as link:
            given: Any = await use("web_search", link, "read_page", {"url": f"{site.url}/tides"})
            data = await use("web_search", link, "read_page", {"url": f"{site.url}/data?y=1"})
            site.routes["/gone"] = lambda _: Answer({}, 404)
            with pytest.raises(Refused):
                await use("web_search", link, "read_page", {"url": f"{site.url}/gone"})
    assert (given["title"], given["url"]) == ("Tides", f"{site.url}/tides")
    assert "moves the sea twice a day" in given["text"]
    assert "Home" not in given["text"]
    assert '"y": ["1"]' in data["text"]
    assert not any(CANARY in str(asked.headers) for asked in site.asked)


async def test_pages_of_the_inner_network_are_not_read(tmp_path: Path) -> None:
    async with opened(tmp_path, "web_search", {}, {"token": CANARY}, allow="127.0.0.1:9") as link:
        for url in ("http://169.254.169.254/latest/meta-data", "http://localhost:8000/", "http://[::1]/"):
            with pytest.raises(TroupeError) as refused:
                await use("web_search", link, "read_page", {"url": url})
            assert refused.value.code == "egress_refused"


async def test_a_site_is_a_domain(tmp_path: Path) -> None:
    async with opened(tmp_path, "web_search", {}, {"token": CANARY}) as link:
        with pytest.raises(TroupeError, match="is no domain"):
            await use("web_search", link, "search", {"query": "x", "sites": ["a) OR b"]})


@pytest.mark.parametrize(
    ("config", "credential", "path"),
    [
        ({"provider": "searxng"}, None, "/config/base_url"),
        ({"provider": "brave"}, None, "/credential"),
        ({"provider": "google"}, {"token": "x"}, "/config/provider"),
        ({"base_url": "localhost"}, {"token": "x"}, "/config/base_url"),
    ],
)
def test_what_is_missing_is_told(config: dict[str, str], credential: dict[str, str] | None, path: str) -> None:
    with pytest.raises(BadInput) as wrong:
        read("web_search", config, credential)
    assert [problem.path for problem in wrong.value.problems] == [path]
