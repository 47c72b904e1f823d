"""notion: pages as Markdown, data sources with their rows, comments, by Notion's API (version 2026-03-11)."""

from typing import Any

from pydantic import Field, SecretStr

from troupe.base.errors import Rejected
from troupe.catalog.connectors import _notion as n
from troupe.catalog.connectors import _oauth
from troupe.catalog.connectors._native import Granted, tool
from troupe.catalog.connectors._rest import LONG, address, ask, at, cut, each, fields, given, items, page, pick
from troupe.catalog.contract import Consent, Fields, Json, Link, idempotent, once, read

VERSION = "2026-03-11"


class Notion(Granted):
    """Pages, data sources and comments of a Notion workspace: of those that are shared with the connection.

    Make an internal connection, and share with it (••• › Connections) the pages that it is to see. Or give a public
    connection's client id and secret, then grant access on Notion's page, where a person chooses the pages.
    """

    title = "Notion"
    category = "productivity"
    hints = {
        401: "The token is wrong or was revoked: give the connection a new one.",
        403: "The connection lacks a capability: read, update or insert content, comments, user information.",
        404: "It is not there, or was not shared with the connection (••• › Connections).",
    }

    class Config(Fields):
        """Where Notion is."""

        base_url: str = Field("https://api.notion.com/v1", description="The API.", max_length=500)

    class Credential(_oauth.Lasting):
        """Who we are."""

        token: SecretStr = Field(
            _oauth.SECRET, description="The secret of an internal connection (ntn_…).", max_length=1000
        )

    def consent(self, config: Any) -> Consent:
        page, redeem = (address(config.base_url, "oauth", name) for name in ("authorize", "token"))
        return Consent(page, {"owner": "user"}, redeem, "token", basic=True)

    async def sign(self, link: Link) -> dict[str, str]:
        return {**await super().sign(link), "notion-version": VERSION}

    async def test(self, link: Link) -> str:
        who = await ask(link, "GET", _at(link, "users", "me"))
        return ", ".join(str(part) for part in (at(who, "name"), at(who, "bot.workspace_name")) if part) or "Notion"

    @tool(read, tags=["pages", "data sources"], hints="find document note wiki table database")
    async def search(self, link: Link, given: n.Search) -> Json:
        """Search pages and data sources by words in their titles, the last edited first."""
        body: dict[str, Any] = {"query": given.query, **_page(given)}
        body["sort"] = {"timestamp": "last_edited_time", "direction": "descending"}
        if given.kind:
            body["filter"] = {"property": "object", "value": given.kind}
        return _shown(await ask(link, "POST", _at(link, "search"), json=body))

    @tool(read, tags=["pages"], hints="read document note content text")
    async def get_page(self, link: Link, given: n.OnePage) -> Json:
        """Get a page: its properties and all that stands on it, as Markdown.

        `more` are the ids of parts that did not fit: get_page with one of them gives its content.
        """
        text = await ask(link, "GET", _at(link, "pages", given.page, "markdown"))
        about = n.shown(await ask(link, "GET", _at(link, "pages", given.page)))
        more = at(text, "unknown_block_ids")
        return {**about, "markdown": cut(at(text, "markdown"), LONG), **({"more": more} if more else {})}

    @tool(read, tags=["data sources"], hints="table")
    async def get_database(self, link: Link, given: n.OneDatabase) -> Json:
        """Get a database: its title and its data sources, which hold the rows."""
        found = await ask(link, "GET", _at(link, "databases", given.database))
        sources: list[Json] = each(found, "data_sources", {"id": "id", "name": "name"})
        return {"id": given.database, "title": n.words(at(found, "title")), "data_sources": sources}

    @tool(read, tags=["data sources"], hints="table columns schema")
    async def get_data_source(self, link: Link, given: n.OneSource) -> Json:
        """Get a data source: its properties with their types and options."""
        found = await ask(link, "GET", _at(link, "data_sources", given.data_source))
        return {**n.shown(found), "properties": n.columns(found)}

    @tool(read, tags=["data sources"], hints="table rows filter list")
    async def query_data_source(self, link: Link, given: n.Query) -> Json:
        """Query the rows of a data source: filtered, sorted, each with its properties."""
        direction = "descending" if given.descending else "ascending"
        sort = {"property": given.sort, "direction": direction}
        last = {"timestamp": "last_edited_time", "direction": "descending"}
        body = {**_page(given), "sorts": [sort if given.sort else last]}
        body |= {"filter": given.filter} if given.filter else {}
        return _shown(await ask(link, "POST", _at(link, "data_sources", given.data_source, "query"), json=body))

    @tool(once, tags=["pages"], hints="write note document row")
    async def create_page(self, link: Link, given: n.CreatePage) -> Json:
        """Create a page below a page, or a row in a data source, with what stands on it as Markdown."""
        if bool(given.page) == bool(given.data_source):
            raise Rejected("Give a page or a data_source to put it in.", code="bad_input")
        types = await _types(link, "data_sources", given.data_source) if given.data_source else {"title": "title"}
        title = next((name for name, kind in types.items() if kind == "title"), "title")
        body: dict[str, Any] = {"properties": n.formed(types, {title: given.title, **given.properties})}
        body["parent"] = {"data_source_id": given.data_source} if given.data_source else {"page_id": given.page}
        body |= {"markdown": given.markdown} if given.markdown else {}
        return n.shown(await ask(link, "POST", _at(link, "pages"), json=body))

    @tool(once, tags=["pages"], hints="add write")
    async def append_to_page(self, link: Link, given: n.Append) -> Json:
        """Add Markdown at the end of a page."""
        change = {"content": given.markdown, "position": {"type": "end"}}
        return await _change(link, given.page, "insert_content", change)

    @tool(once, tags=["pages"], hints="change replace text")
    async def edit_page(self, link: Link, given: n.Edit) -> Json:
        """Change a text of a page: what stood there must be there once, exactly as get_page gives it."""
        change = {"content_updates": [{"old_str": given.old, "new_str": given.new}]}
        return await _change(link, given.page, "update_content", change)

    @tool(idempotent, tags=["pages"], hints="rewrite overwrite")
    async def replace_page(self, link: Link, given: n.Replace) -> Json:
        """Replace all that stands on a page. It refuses to remove pages that are below it."""
        return await _change(link, given.page, "replace_content", {"new_str": given.markdown})

    @tool(idempotent, tags=["pages", "data sources"], hints="set status row field")
    async def update_properties(self, link: Link, given: n.Update) -> Json:
        """Set properties of a page or row: plain values by name; null clears."""
        body = {"properties": n.formed(await _types(link, "pages", given.page), given.properties)}
        return n.shown(await ask(link, "PATCH", _at(link, "pages", given.page), json=body))

    @tool(idempotent, tags=["pages"], hints="delete remove archive restore")
    async def trash_page(self, link: Link, given: n.Trash) -> Json:
        """Put a page into the trash, or take it out again."""
        made = await ask(link, "PATCH", _at(link, "pages", given.page), json={"in_trash": not given.restore})
        return {"id": given.page, "in_trash": bool(at(made, "in_trash"))}

    @tool(read, tags=["comments"], hints="discussion")
    async def list_comments(self, link: Link, given: n.PageOf) -> Json:
        """List the open comments on a page."""
        asked = {"block_id": given.page, "page_size": given.limit, "start_cursor": given.cursor}
        found = await ask(link, "GET", _at(link, "comments"), params=asked)
        return page([n.comment(one) for one in items(found, "results")], at(found, "next_cursor"))

    @tool(once, tags=["comments"], hints="say discuss")
    async def add_comment(self, link: Link, given: n.Comment) -> Json:
        """Comment on a page, as the connection."""
        body = {"parent": {"page_id": given.page}, "rich_text": n.rich(given.text)}
        return pick(await ask(link, "POST", _at(link, "comments"), json=body), n.COMMENT)

    @tool(read, tags=["people"], hints="members users")
    async def list_users(self, link: Link, given: n.Paged) -> Json:
        """List the people and bots of the workspace."""
        asked = {"page_size": given.limit, "start_cursor": given.cursor}
        found = await ask(link, "GET", _at(link, "users"), params=asked)
        return page(each(found, "results", n.PERSON), at(found, "next_cursor"))


def _at(link: Link, *parts: str) -> str:
    return address(link.config.base_url, *parts)


def _page(asked: n.Paged) -> dict[str, Any]:
    return {"page_size": asked.limit, **given(start_cursor=asked.cursor)}


def _shown(found: Any) -> Json:
    return page([n.shown(one) for one in items(found, "results")], at(found, "next_cursor"))


async def _types(link: Link, *of: str) -> dict[str, str]:
    """The properties of a page or of a data source, by name."""
    found = await ask(link, "GET", _at(link, *of))
    return {name: str(at(one, "type")) for name, one in fields(found, "properties").items()}


async def _change(link: Link, page: str, kind: str, change: dict[str, Any]) -> Json:
    made = await ask(link, "PATCH", _at(link, "pages", page, "markdown"), json={"type": kind, kind: change})
    return {"id": page, "markdown": cut(at(made, "markdown"))}
