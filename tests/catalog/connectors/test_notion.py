"""Notion's tools against a local server that answers in the shapes of its API."""

from pathlib import Path
from typing import Any

import pytest

from tests.catalog.connectors.harness import CANARY, Case, Service, opened, play, use
from troupe.base.errors import TroupeError
from troupe.catalog.connectors._native import tools_of
from troupe.catalog.connectors.notion import Notion

P, S, D = "b55c9c91-384d-452b-81db-d1ef79372b75", "a1b2c3d4e5f67890abcdef1234567890", "c" * 32


def text(words: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": {"content": words}, "plain_text": words}]


ROW = {
    "object": "page", "id": P, "url": "https://www.notion.so/x", "in_trash": False,
    "last_edited_time": "2026-11-20T08:00:00.000Z", "properties": {
        "Status": {"type": "status", "status": {"name": "Done", "color": "green"}},
        "Name": {"id": "title", "type": "title", "title": text("Mend the roof")},
        "Tags": {"type": "multi_select", "multi_select": [{"name": "house"}, {"name": "rain"}]},
        "Due": {"type": "date", "date": {"start": "2026-12-01", "end": "2026-12-03"}},
        "Cost": {"type": "number", "number": 12.5}, "Paid": {"type": "checkbox", "checkbox": False},
        "Owner": {"type": "people", "people": [{"id": "u1", "name": "Ada"}]}, "Note": {"type": "rich_text",
        "rich_text": []}, "Sum": {"type": "formula", "formula": {"type": "number", "number": 25}},
        "Key": {"type": "unique_id", "unique_id": {"prefix": "H", "number": 7}},
        "All": {"type": "rollup", "rollup": {"type": "array", "array": [{"type": "number", "number": 1}]}},
    },
}  # fmt: skip
SOURCE = {
    "object": "data_source", "id": S, "title": text("Tasks"), "properties": {
        "Name": {"type": "title", "title": {}}, "Cost": {"type": "number", "number": {"format": "euro"}},
        "Status": {"type": "status", "status": {"options": [{"name": "Open"}, {"name": "Done"}]}},
        "Tags": {"type": "multi_select", "multi_select": {"options": [{"name": "house"}]}},
        "Due": {"type": "date", "date": {}}, "Sum": {"type": "formula", "formula": {}},
    },
}  # fmt: skip
SHOWN = {
    "id": P, "title": "Mend the roof", "url": "https://www.notion.so/x", "properties": {
        "Status": "Done", "Name": "Mend the roof", "Tags": ["house", "rain"], "Due": "2026-12-01/2026-12-03",
        "Cost": 12.5, "Paid": False, "Owner": ["Ada"], "Sum": 25, "Key": "H-7", "All": [1],
    },
}  # fmt: skip
MARK = {"object": "page_markdown", "id": P, "markdown": "# Roof\n\nIt leaks.", "truncated": False,
        "unknown_block_ids": []}  # fmt: skip
LAST = {"timestamp": "last_edited_time", "direction": "descending"}

CASES = [
    Case("search", {"query": "roof", "kind": "page", "limit": 1}, {"POST /search": {"results": [ROW],
        "next_cursor": "n2", "has_more": True}}, {"items": [SHOWN], "next_cursor": "n2"},
        body={"query": "roof", "page_size": 1, "sort": LAST, "filter": {"property": "object", "value": "page"}}),
    Case("get_page", {"page": P}, {f"GET /pages/{P}/markdown": {**MARK, "truncated": True, "unknown_block_ids": [D]},
        f"GET /pages/{P}": ROW}, {**SHOWN, "markdown": "# Roof\n\nIt leaks.", "more": [D]}),
    Case("get_database", {"database": D}, {f"GET /databases/{D}": {"title": text("House"), "data_sources": [
        {"id": S, "name": "Tasks"}]}}, {"title": "House", "data_sources": [{"id": S, "name": "Tasks"}]}),
    Case("get_data_source", {"data_source": S}, {f"GET /data_sources/{S}": SOURCE},
        {"title": "Tasks", "properties": {"Status": {"type": "status", "options": ["Open", "Done"]}}}),
    Case("query_data_source", {"data_source": S, "filter": {"property": "Paid", "checkbox": {"equals": False}},
        "sort": "Cost", "descending": True, "cursor": "n2"},
        {f"POST /data_sources/{S}/query": {"results": [ROW], "next_cursor": None}},
        {"items": [SHOWN], "next_cursor": None},
        body={"page_size": 20, "start_cursor": "n2", "sorts": [{"property": "Cost", "direction": "descending"}],
              "filter": {"property": "Paid", "checkbox": {"equals": False}}}),
    Case("create_page", {"data_source": S, "title": "Paint", "markdown": "Blue.", "properties": {"Cost": 3,
        "Tags": ["house"], "Status": "Open", "Due": "2026-12-01"}},
        {f"GET /data_sources/{S}": SOURCE, "POST /pages": ROW}, {"id": P},
        body={"parent": {"data_source_id": S}, "markdown": "Blue.", "properties": {
            "Name": {"title": [{"text": {"content": "Paint"}}]}, "Cost": {"number": 3},
            "Tags": {"multi_select": [{"name": "house"}]}, "Status": {"status": {"name": "Open"}},
            "Due": {"date": {"start": "2026-12-01"}}}}),
    Case("append_to_page", {"page": P, "markdown": "- more"}, {f"PATCH /pages/{P}/markdown": MARK}, {"id": P},
        body={"type": "insert_content", "insert_content": {"content": "- more", "position": {"type": "end"}}}),
    Case("edit_page", {"page": P, "old": "leaks", "new": "is dry"}, {f"PATCH /pages/{P}/markdown": MARK}, {"id": P},
        body={"type": "update_content", "update_content": {"content_updates": [
            {"old_str": "leaks", "new_str": "is dry"}]}}),
    Case("replace_page", {"page": P, "markdown": "# New"}, {f"PATCH /pages/{P}/markdown": MARK}, {"id": P},
        body={"type": "replace_content", "replace_content": {"new_str": "# New"}}),
    Case("update_properties", {"page": P, "properties": {"Status": "Open", "Owner": ["u2"], "Due": None}},
        {f"GET /pages/{P}": ROW, f"PATCH /pages/{P}": ROW}, SHOWN,
        body={"properties": {"Status": {"status": {"name": "Open"}}, "Owner": {"people": [{"id": "u2"}]},
                             "Due": {"date": None}}}),
    Case("trash_page", {"page": P}, {f"PATCH /pages/{P}": {**ROW, "in_trash": True}}, {"in_trash": True},
        body={"in_trash": True}),
    Case("list_comments", {"page": P}, {f"GET /comments?block_id={P}&page_size=20": {"results": [
        {"id": "c1", "created_by": {"id": "u1"}, "rich_text": text("Soon?")}]}},
        {"items": [{"id": "c1", "user": "u1", "text": "Soon?"}]}),
    Case("add_comment", {"page": P, "text": "Yes"}, {"POST /comments": {"id": "c2"}}, {"id": "c2"},
        body={"parent": {"page_id": P}, "rich_text": [{"text": {"content": "Yes"}}]}),
    Case("list_users", {}, {"GET /users?page_size=20": {"results": [{"id": "u1", "name": "Ada", "type": "person",
        "person": {"email": "ada@example.org"}}]}}, {"items": [{"name": "Ada", "email": "ada@example.org"}]}),
]  # fmt: skip
SIGNED = {"authorization": f"Bearer {CANARY}", "notion-version": "2026-03-11"}


def config(url: str) -> dict[str, Any]:
    return {"base_url": url}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.tool)
async def test_a_tool_asks_what_notion_documents_and_gives_what_matters(tmp_path: Path, case: Case) -> None:
    case.headers |= SIGNED
    await play(tmp_path, "notion", config, {"token": CANARY}, case)


def test_every_tool_has_its_case() -> None:
    assert [case.tool for case in CASES] == list(tools_of(Notion))


@pytest.mark.parametrize(
    ("tool", "given", "code"),
    [
        ("update_properties", {"page": P, "properties": {"Colour": "red"}}, "no_such_property"),
        ("update_properties", {"page": P, "properties": {"Sum": 3}}, "bad_input"),
        ("create_page", {"title": "Nowhere"}, "bad_input"),
        ("create_page", {"title": "Both", "page": P, "data_source": S}, "bad_input"),
    ],
)
async def test_what_notion_would_not_take_is_not_sent(
    tmp_path: Path, tool: str, given: dict[str, Any], code: str
) -> None:
    with Service({f"GET /pages/{P}": ROW}) as notion:
        async with opened(tmp_path, "notion", config(notion.url), {"token": CANARY}) as link:
            with pytest.raises(TroupeError) as refused:
                await use("notion", link, tool, given)
        assert {asked.method for asked in notion.asked} <= {"GET"}
    assert refused.value.code == code


async def test_a_page_is_put_below_a_page(tmp_path: Path) -> None:
    body = {"parent": {"page_id": P}, "properties": {"title": {"title": [{"text": {"content": "Notes"}}]}}}
    case = Case("create_page", {"page": P, "title": "Notes"}, {"POST /pages": ROW}, {"id": P}, body=body)
    await play(tmp_path, "notion", config, {"token": CANARY}, case)


async def test_we_learn_as_whom_we_are_connected(tmp_path: Path) -> None:
    with Service({"GET /users/me": {"name": "Troupe", "bot": {"workspace_name": "Acme"}}}) as notion:
        async with opened(tmp_path, "notion", config(notion.url), {"token": CANARY}) as link:
            assert await Notion().test(link) == "Troupe, Acme"
