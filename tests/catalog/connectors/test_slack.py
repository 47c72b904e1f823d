"""Slack's tools against a local server that answers in the shapes of its Web API."""

from pathlib import Path
from typing import Any

import pytest

from tests.catalog.connectors.harness import CANARY, Case, Service, opened, play, use
from tests.servers.desk import Answer
from troupe.base.errors import RateLimited, Refused, ServerFailed, TroupeError
from troupe.catalog.connectors._native import tools_of
from troupe.catalog.connectors.slack import Slack

C, TS = "C024BE91L", "1503435956.000247"
CHANNEL = {"id": C, "name": "support", "is_private": False, "topic": {"value": "Help"}, "created": 1}
MESSAGE = {"type": "message", "ts": TS, "user": "U061F7AUR", "text": "It rains in", "reply_count": 2,
           "reactions": [{"name": "eyes", "users": ["U1"], "count": 1}]}  # fmt: skip
USER = {"id": "U061F7AUR", "name": "ada", "profile": {"real_name": "Ada L", "email": "ada@example.org"}}
FILE = {"id": "F0123ABCD", "name": "a.txt", "mimetype": "text/plain", "size": 5,
        "url_private_download": "{{server}}/files/a.txt"}  # fmt: skip
MORE = {"response_metadata": {"next_cursor": "dGVhbQ=="}}
PAGE = "limit=20"


def ok(**more: Any) -> dict[str, Any]:
    return {"ok": True, **more}


CASES = [
    Case("list_channels", {"limit": 2, "cursor": "abc"},
        {"GET /conversations.list?types=public_channel&exclude_archived=true&limit=2&cursor=abc": ok(
            channels=[CHANNEL], **MORE)},
        {"items": [{"id": C, "name": "support", "topic": "Help"}], "next_cursor": "dGVhbQ=="}),
    Case("find_channel", {"name": "#support"}, {
        "GET /conversations.list?types=public_channel&limit=200": ok(channels=[{"id": "C1", "name": "a"}], **MORE),
        "GET /conversations.list?types=public_channel&limit=200&cursor=dGVhbQ%3D%3D": ok(channels=[CHANNEL])},
        {"id": C}),
    Case("get_channel", {"channel": C}, {f"GET /conversations.info?channel={C}&include_num_members=true": ok(
        channel=CHANNEL)}, {"name": "support"}),
    Case("list_members", {"channel": C}, {f"GET /conversations.members?channel={C}&{PAGE}": ok(members=["U1"])},
        {"items": ["U1"], "next_cursor": None}),
    Case("read_channel", {"channel": C, "after": "1700000000"},
        {f"GET /conversations.history?channel={C}&{PAGE}&oldest=1700000000": ok(messages=[MESSAGE], **MORE)},
        {"items": [{"ts": TS, "text": "It rains in", "replies": 2, "reactions": ["eyes"]}]}),
    Case("read_thread", {"channel": C, "ts": TS}, {f"GET /conversations.replies?channel={C}&ts={TS}&{PAGE}": ok(
        messages=[MESSAGE])}, {"items": [{"user": "U061F7AUR"}]}),
    Case("search_messages", {"query": "rain in:#support", "newest": True},
        {"GET /search.messages?query=rain+in%3A%23support&sort=timestamp&count=20&page=1": ok(messages={
            "matches": [{**MESSAGE, "channel": {"id": C, "name": "support"}, "permalink": "https://x"}],
            "paging": {"page": 1, "pages": 3}})},
        {"items": [{"channel": C, "url": "https://x"}], "next_cursor": "2"}),
    Case("post_message", {"channel": C, "text": "**Hi**", "thread": TS},
        {"POST /chat.postMessage": ok(channel=C, ts="2.1", message=MESSAGE)}, {"channel": C, "ts": "2.1"},
        body={"channel": C, "thread_ts": TS, "markdown_text": "**Hi**"}),
    Case("schedule_message", {"channel": C, "text": "Hi", "at": 1800000000}, {"POST /chat.scheduleMessage": ok(
        channel=C, scheduled_message_id="Q1", post_at=1800000000)}, {"id": "Q1"},
        body={"channel": C, "markdown_text": "Hi", "post_at": 1800000000}),
    Case("update_message", {"channel": C, "ts": TS, "text": "<@U1> hi", "format": "slack"},
        {"POST /chat.update": ok(channel=C, ts=TS)}, {"ts": TS}, body={"channel": C, "ts": TS, "text": "<@U1> hi"}),
    Case("delete_message", {"channel": C, "ts": TS}, {"POST /chat.delete": {"ok": False,
        "error": "message_not_found"}}, {"deleted": True}),
    Case("get_permalink", {"channel": C, "ts": TS}, {f"GET /chat.getPermalink?channel={C}&message_ts={TS}": ok(
        permalink="https://x/p1")}, {"url": "https://x/p1"}),
    Case("add_reaction", {"channel": C, "ts": TS, "name": "eyes"}, {"POST /reactions.add": {"ok": False,
        "error": "already_reacted"}}, {"name": "eyes"}, body={"channel": C, "timestamp": TS, "name": "eyes"}),
    Case("join_channel", {"channel": C}, {"POST /conversations.join": ok(channel=CHANNEL)}, {"id": C}),
    Case("set_topic", {"channel": C, "topic": "Help"}, {"POST /conversations.setTopic": ok()}, {"topic": "Help"},
        body={"channel": C, "topic": "Help"}),
    Case("open_conversation", {"users": ["U1", "U2"]}, {"POST /conversations.open": ok(channel={"id": "D1"})},
        {"channel": "D1"}, body={"users": "U1,U2"}),
    Case("find_user", {"email": "ada@example.org"}, {"GET /users.lookupByEmail?email=ada%40example.org": ok(user=USER)},
        {"id": "U061F7AUR", "real_name": "Ada L"}),
    Case("get_user", {"user": "U061F7AUR"}, {"GET /users.info?user=U061F7AUR": ok(user=USER)},
        {"email": "ada@example.org"}),
    Case("list_users", {}, {f"GET /users.list?{PAGE}": ok(members=[USER], **MORE)}, {"items": [{"name": "ada"}]}),
    Case("upload_file", {"channel": C, "text": "hello", "name": "a.txt", "comment": "Look"}, {
        "POST /files.getUploadURLExternal": ok(upload_url="{{server}}/upload/v1/abc", file_id="F0123ABCD"),
        "POST /upload/v1/abc": Answer(b"OK - 5"),
        "POST /files.completeUploadExternal": ok(files=[{"id": "F0123ABCD"}])},
        {"files": [{"id": "F0123ABCD"}]}, body={"files": [{"id": "F0123ABCD", "title": "a.txt"}], "channel_id": C,
                                                "initial_comment": "Look"}),
    Case("download_file", {"id": "F0123ABCD"}, {"GET /files.info?file=F0123ABCD": ok(file=FILE),
        "GET /files/a.txt": Answer(b"hello", headers={"content-type": "text/plain"})},
        {"name": "a.txt", "file": {"size": 5}}),
]  # fmt: skip


def config(url: str) -> dict[str, Any]:
    return {"base_url": url}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.tool)
async def test_a_tool_asks_what_slack_documents_and_gives_what_matters(tmp_path: Path, case: Case) -> None:
    asked = await play(tmp_path, "slack", config, {"token": CANARY}, case)
    for one in asked:
        signed = one.headers.get("authorization") == f"Bearer {CANARY}"
        assert signed == (one.path != "/upload/v1/abc"), "the address of an upload is its own permission"
    if case.tool == "upload_file":
        assert asked[1].body == b"hello"


def test_every_tool_has_its_case() -> None:
    assert [case.tool for case in CASES] == list(tools_of(Slack))


@pytest.mark.parametrize(
    ("said", "kind", "hint"),
    [
        ({"error": "missing_scope", "needed": "channels:history"}, Refused, "channels:history"),
        ({"error": "not_in_channel"}, Refused, "join_channel"),
        ({"error": "invalid_auth"}, Refused, "new one"),
        ({"error": "channel_not_found"}, Refused, "invite"),
        ({"error": "ratelimited"}, RateLimited, ""),
        ({"error": "internal_error"}, ServerFailed, ""),
        ({}, Refused, ""),
    ],
)
async def test_an_answer_that_is_not_ok_is_an_error_by_its_code(
    tmp_path: Path, said: dict[str, str], kind: type[TroupeError], hint: str
) -> None:
    with Service({f"GET /conversations.history?channel={C}&limit=20": {"ok": False, **said}}) as slack:
        async with opened(tmp_path, "slack", config(slack.url), {"token": CANARY}) as link:
            with pytest.raises(kind) as wrong:
                await use("slack", link, "read_channel", {"channel": C})
    assert type(wrong.value) is kind
    assert hint in wrong.value.hint


async def test_a_channel_that_is_nowhere_is_looked_for_so_far_and_no_further(tmp_path: Path) -> None:
    with Service({}) as slack:
        slack.answer = lambda _: Answer(ok(channels=[], **MORE))  # type: ignore[method-assign]
        async with opened(tmp_path, "slack", config(slack.url), {"token": CANARY}) as link:
            with pytest.raises(Refused, match="is called nowhere"):
                await use("slack", link, "find_channel", {"name": "nowhere"})
        assert len(slack.asked) == 10


async def test_a_text_without_a_name_is_not_uploaded(tmp_path: Path) -> None:
    with pytest.raises(TroupeError, match="Give a file"):
        await play(
            tmp_path, "slack", config, {"token": CANARY}, Case("upload_file", {"channel": C, "text": "x"}, {}, {})
        )


async def test_we_learn_as_whom_we_are_connected(tmp_path: Path) -> None:
    with Service({"GET /auth.test": ok(user="troupe", team="Acme")}) as slack:
        async with opened(tmp_path, "slack", config(slack.url), {"token": CANARY}) as link:
            assert await Slack().test(link) == "troupe in Acme"
