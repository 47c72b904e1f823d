"""What Notion's tools take, and the values of its properties in plain words, both ways."""

from typing import Any, Literal, cast

from pydantic import Field

from troupe.base.errors import Rejected
from troupe.catalog.connectors._rest import Paged, at, fields, items, pick
from troupe.catalog.contract import Fields, Json

ID = r"^[0-9a-fA-F-]{32,36}$"
PROPERTIES = "Values by the names of properties: texts, numbers, true or false, names of options, dates, ids."


class Search(Paged):
    """What to find."""

    query: str = Field("", description="Words in titles; empty finds all that is shared with us.", max_length=500)
    kind: Literal["", "page", "data_source"] = Field("", description="Only pages, or only data sources (tables).")


class OnePage(Fields):
    """A page."""

    page: str = Field(description="The page's id.", pattern=ID)


class OneDatabase(Fields):
    """A database."""

    database: str = Field(description="The database's id, as in its address.", pattern=ID)


class OneSource(Fields):
    """A data source."""

    data_source: str = Field(description="The data source's id; get_database lists those of a database.", pattern=ID)


class Query(OneSource, Paged):
    """Which rows."""

    filter: dict[str, Json] | None = Field(
        None, description='Notion\'s filter, like {"property": "Status", "status": {"equals": "Done"}}; also and, or.'
    )
    sort: str = Field("", description="The name of the property to sort by; empty: the last edited first.")
    descending: bool = Field(default=False, description="The largest first.")


class CreatePage(Fields):
    """A new page."""

    title: str = Field(description="Its title.", min_length=1, max_length=2000)
    page: str = Field("", description="Below which page; this or data_source.", pattern=r"^$|" + ID)
    data_source: str = Field("", description="As a row of which data source; this or page.", pattern=r"^$|" + ID)
    properties: dict[str, Json] = Field({}, description=PROPERTIES + " Only in a data source.")
    markdown: str = Field("", description="What stands on it, as Markdown.", max_length=100_000)


class Append(OnePage):
    """What to add."""

    markdown: str = Field(description="What to add at the end, as Markdown.", min_length=1, max_length=100_000)


class Edit(OnePage):
    """What to change."""

    old: str = Field(description="The text to change, exactly as get_page gives it.", min_length=1, max_length=10_000)
    new: str = Field(description="What stands there instead, as Markdown.", max_length=100_000)


class Replace(OnePage):
    """Another content."""

    markdown: str = Field(description="All that stands on the page from now on, as Markdown.", max_length=100_000)


class Update(OnePage):
    """Other values."""

    properties: dict[str, Json] = Field(description=PROPERTIES, min_length=1)


class Trash(OnePage):
    """Into the trash or out of it."""

    restore: bool = Field(default=False, description="Take it out of the trash.")


class PageOf(OnePage, Paged):
    """Something of a page, page by page."""


class Comment(OnePage):
    """What is said."""

    text: str = Field(description="The comment.", min_length=1, max_length=2000)


ABOUT = {"id": "id", "kind": "object", "url": "url", "edited_at": "last_edited_time", "in_trash": "in_trash"}
COMMENT = {"id": "id", "user": "created_by.id", "at": "created_time"}
PERSON = {"id": "id", "name": "name", "kind": "type", "email": "person.email"}


def shown(found: Any) -> dict[str, Json]:
    """A page or a data source as a model sees it."""
    about = {**pick(found, ABOUT), "title": words(at(found, "title"))}
    if at(found, "object") == "page":
        held = fields(found, "properties")
        values = {name: plain(value) for name, value in held.items()}
        about["title"] = next((plain(value) for value in held.values() if at(value, "type") == "title"), "")
        about["properties"] = {name: value for name, value in values.items() if value not in (None, "", [])}
    return about


def comment(found: Any) -> dict[str, Json]:
    """A comment as a model sees it."""
    return {**pick(found, COMMENT), "text": words(at(found, "rich_text"))}


def columns(found: Any) -> dict[str, Json]:
    """The properties of a data source: name, type, and the options where it has some."""
    made: dict[str, Json] = {}
    for name, one in fields(found, "properties").items():
        options = [at(option, "name") for option in items(one, f"{at(one, 'type')}.options")]
        made[name] = {"type": at(one, "type"), **({"options": options} if options else {})}
    return made


def words(rich: Any) -> str:
    """The plain text of a rich one."""
    parts = cast("list[Any]", rich if isinstance(rich, list) else [])
    return "".join(str(at(part, "plain_text") or at(part, "text.content") or "") for part in parts)


def plain(value: Any) -> Json:
    """The value of a property, without its form."""
    kind = str(at(value, "type"))
    held = at(value, kind)
    match kind:
        case "title" | "rich_text":
            return words(held)
        case "select" | "status":
            return at(held, "name")
        case "multi_select":
            return [at(one, "name") for one in items(value, kind)]
        case "people" | "relation":
            return [at(one, "name") or at(one, "id") for one in items(value, kind)]
        case "files":
            return [at(one, "name") for one in items(value, kind)]
        case "date":
            return f"{at(held, 'start')}/{at(held, 'end')}" if at(held, "end") else at(held, "start")
        case "formula":
            return plain(held) if at(held, "type") == "date" else at(held, str(at(held, "type")))
        case "rollup":
            inner = at(held, str(at(held, "type")))
            return [plain(one) for one in cast("list[Any]", inner)] if isinstance(inner, list) else inner
        case "unique_id":
            return "-".join(str(part) for part in (at(held, "prefix"), at(held, "number")) if part is not None)
        case "created_by" | "last_edited_by":
            return at(held, "name") or at(held, "id")
        case _:
            return held if isinstance(held, str | int | float | bool) else None


def formed(types: dict[str, str], values: dict[str, Json]) -> dict[str, Any]:
    """Plain values in the forms of their properties. Raises Rejected for a property that is not there, or no such."""
    if missing := [name for name in values if name not in types]:
        hint = f"There are: {', '.join(list(types)[:50])}."
        raise Rejected(f"There is no property {missing[0]!r}.", code="no_such_property", hint=hint)
    return {name: _formed(name, types[name], value) for name, value in values.items()}


def rich(text: str) -> list[dict[str, Any]]:
    """A text in Notion's form, in pieces of 2,000 characters."""
    return [{"text": {"content": text[begin : begin + 2000]}} for begin in range(0, len(text), 2000)]


def _formed(name: str, kind: str, given: Json) -> Any:
    if isinstance(given, dict):  # in Notion's own form already
        return given
    value: Any = given
    many = [str(one) for one in (given if isinstance(given, list) else [given])]
    match kind:
        case "title" | "rich_text":
            return {kind: rich("" if value is None else str(value))}
        case "select" | "status":
            return {kind: None if value is None else {"name": str(value)}}
        case "multi_select":
            return {kind: [{"name": one} for one in many]}
        case "people" | "relation":
            return {kind: [{"id": one} for one in many]}
        case "date":
            start, _, end = str(value).partition("/")
            return {kind: None if value is None else {"start": start, **({"end": end} if end else {})}}
        case "number" | "checkbox" | "url" | "email" | "phone_number":
            return {kind: value}
        case _:
            raise Rejected(f"{name} is a {kind}, which cannot be set.", code="bad_input")
