"""web_search: search the web by a provider of one's choice, and read what was found."""

from datetime import UTC, datetime
from typing import Any, Literal, cast

from pydantic import Field, SecretStr

from troupe.base.errors import Problem, Rejected
from troupe.base.http.answers import media_type, refuse
from troupe.base.http.hosts import host_of
from troupe.catalog._pages import main_content, page_text
from troupe.catalog.connectors._native import Native, tool
from troupe.catalog.connectors._rest import LONG, address, ask, cut, each, given, page
from troupe.catalog.contract import Fields, Json, Link, read

PAGE_BYTES = 8_000_000
PLACES = {
    "brave": "https://api.search.brave.com/res/v1", "tavily": "https://api.tavily.com", "exa": "https://api.exa.ai",
}  # fmt: skip
SINCE = {"day": "pd", "week": "pw", "month": "pm", "year": "py"}
DAYS = {"day": 1, "week": 7, "month": 31, "year": 366}
BRAVE = {"title": "title", "url": "url", "text": "description", "date": "page_age"}
TAVILY = {"title": "title", "url": "url", "text": "content", "date": "published_date", "score": "score"}
EXA = {"title": "title", "url": "url", "text": "highlights", "date": "publishedDate", "author": "author"}
SEARXNG = {"title": "title", "url": "url", "text": "content", "date": "publishedDate"}


class Search(Fields):
    """What to find."""

    query: str = Field(description="What to look for, in plain words.", min_length=1, max_length=400)
    limit: int = Field(10, description="How many results at most.", ge=1, le=20)
    since: Literal["", "day", "week", "month", "year"] = Field("", description="Only what is at most so old.")
    sites: list[str] = Field([], description="Only of these domains, like example.org.", max_length=10)


class Page(Fields):
    """Which page."""

    url: str = Field(description="The address, as search gives it.", min_length=1, max_length=8000)


class WebSearch(Native):
    """Search the web, and read pages as text.

    Brave, Tavily and Exa want a key; SearXNG is a server of one's own, whose settings allow the format json.
    """

    title = "Web search"
    category = "research"
    needs_credential = False
    hints = {
        401: "The key is wrong or has ended: give the connection a new one.",
        403: "The provider refuses: the plan, or a SearXNG whose settings do not allow the format json.",
        422: "The key is wrong, or the provider does not take this search.",
    }

    class Config(Fields):
        """Who searches."""

        provider: Literal["brave", "tavily", "exa", "searxng"] = Field("brave", description="Whom to ask.")
        base_url: str = Field("", description="SearXNG: where it is; of the others, instead of theirs.", max_length=500)

    class Credential(Fields):
        """The provider's key."""

        token: SecretStr = Field(description="The key.", min_length=1, max_length=1000)

    def check(self, config: Any, credential: Any) -> list[Problem]:
        found = super().check(config, credential)
        if config.provider == "searxng" and not config.base_url:
            found.append(Problem("/config/base_url", "missing", "Say where the SearXNG is."))
        if config.provider != "searxng" and credential is None:
            found.append(Problem("/credential", "missing", f"{config.provider} wants a key."))
        return found

    def hosts(self, config: Any) -> list[str]:
        return [host_of(_base(config))]

    async def sign(self, link: Link) -> dict[str, str]:
        key = link.credential.token.get_secret_value()
        names = {"brave": "x-subscription-token", "exa": "x-api-key"}
        name = names.get(link.config.provider)
        return {name: key} if name else {"authorization": f"Bearer {key}"}

    async def test(self, link: Link) -> str:
        await self.search(link, Search.model_validate({"query": "weather", "limit": 1}))
        return f"{link.config.provider} at {host_of(_base(link.config))}"

    @tool(read, tags=["web"], hints="google internet find look up news")
    async def search(self, link: Link, given: Search) -> Json:
        """Search the web: titles, addresses and what the pages say about it."""
        ways = {"brave": _brave, "tavily": _tavily, "exa": _exa, "searxng": _searxng}
        return page((await ways[link.config.provider](link, given))[: given.limit])

    @tool(read, tags=["web"], hints="open url fetch article website")
    async def read_page(self, link: Link, given: Page) -> Json:
        """Read a web page: its main text as Markdown, without menus and advertisements. No script of it is run."""
        answer = await link.http.request("GET", given.url, timeout=link.seconds_left, max_bytes=PAGE_BYTES)
        refuse(answer, datetime.now(UTC))
        text = page_text(answer)
        if "html" not in media_type(answer.headers):
            return {"text": cut(text, LONG), "url": answer.url}
        made = cast("dict[str, Json]", await link.compute({"html": text, "url": answer.url[:2000]}))
        about = {name: value for name, value in made.items() if value is not None}
        return {**about, "text": cut(made["text"], LONG), "url": answer.url}

    def heavy(self, given: Json) -> Json:
        """The main text of a page: `html` and `url` in; what text.main_content gives out."""
        asked = cast("dict[str, str]", given)
        return main_content(asked["html"], asked["url"], markdown=True)


def _base(config: Any) -> str:
    return config.base_url or PLACES[config.provider]


def _words(asked: Search) -> str:
    """Engines without a filter for sites take it in the words."""
    sites = " OR ".join(f"site:{_site(site)}" for site in asked.sites)
    return f"{asked.query} ({sites})" if sites else asked.query


def _site(site: str) -> str:
    if not site or any(c in site for c in ' "()/'):
        raise Rejected(f"{site!r} is no domain.", code="bad_input")
    return site


async def _brave(link: Link, asked: Search) -> list[Json]:
    params = {"q": _words(asked), "count": asked.limit, "freshness": SINCE.get(asked.since), "text_decorations": False}
    found = await ask(link, "GET", address(_base(link.config), "web", "search"), params=params)
    return each(found, "web.results", BRAVE)


async def _tavily(link: Link, asked: Search) -> list[Json]:
    body = given(query=asked.query, max_results=asked.limit, time_range=asked.since, include_domains=asked.sites)
    return each(await ask(link, "POST", address(_base(link.config), "search"), json=body), "results", TAVILY)


async def _exa(link: Link, asked: Search) -> list[Json]:
    body: dict[str, Any] = given(query=asked.query, numResults=asked.limit, includeDomains=asked.sites)
    body["contents"] = {"highlights": True}
    if asked.since:
        began = datetime.now(UTC).timestamp() - 86_400 * DAYS[asked.since]
        body["startPublishedDate"] = datetime.fromtimestamp(began, UTC).isoformat(timespec="seconds")
    return each(await ask(link, "POST", address(_base(link.config), "search"), json=body), "results", EXA)


async def _searxng(link: Link, asked: Search) -> list[Json]:
    params = {"q": _words(asked), "format": "json", "time_range": asked.since}
    return each(await ask(link, "GET", address(_base(link.config), "search"), params=params), "results", SEARXNG)
