"""The tools of Microsoft mail against a local server that answers in the shapes of Graph."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote

import pytest

from tests.catalog.connectors.harness import CANARY, Case, Service, opened, play, use
from tests.servers.desk import Answer
from troupe.base.errors import BadInput, Rejected
from troupe.catalog.connectors import _microsoft_mail as m
from troupe.catalog.connectors._native import tools_of
from troupe.catalog.connectors.microsoft_mail import MicrosoftMail
from troupe.features.connections.service import read

SELECT = quote(m.SELECT)
MESSAGE = {
    "id": "m1", "conversationId": "c1", "subject": "Roof", "isRead": False, "hasAttachments": True,
    "from": {"emailAddress": {"name": "Ada", "address": "ada@example.org"}}, "bodyPreview": "It leaks",
    "toRecipients": [{"emailAddress": {"address": "us@example.org"}}], "@odata.etag": "1",
    "receivedDateTime": "2026-11-20T08:00:00Z", "flag": {"flagStatus": "notFlagged"},
}  # fmt: skip
SHOWN = {"id": "m1", "subject": "Roof", "from": "ada@example.org", "to": ["us@example.org"], "read": False}
FILE = {"id": "a1", "name": "roof.txt", "contentType": "text/plain", "size": 5}
ABOUT_FILE = quote("id,name,contentType,size,isInline")
MAIL = {"to": ["ada@example.org"], "subject": "Roof", "body": "Soon."}
SENT = {"subject": "Roof", "body": {"contentType": "text", "content": "Soon."}, "importance": "normal",
        "toRecipients": [{"emailAddress": {"address": "ada@example.org"}}]}  # fmt: skip
NEXT = "https://graph.microsoft.com/v1.0/users/boss/messages?%24top=1&%24skiptoken=abc"

CASES = [
    Case("list_folders", {}, {"GET /me/mailFolders?%24top=20": {"value": [{"id": "f1", "displayName": "Inbox",
        "totalItemCount": 3, "unreadItemCount": 1}]}}, {"items": [{"name": "Inbox", "messages": 3, "unread": 1}]}),
    Case("list_messages", {"unread": True, "sender": "o'hara@example.org", "limit": 1},
        {f"GET /me/mailFolders/inbox/messages?%24top=1&%24select={SELECT}&%24orderby=receivedDateTime+desc&%24filter="
         "receivedDateTime+ge+1900-01-01T00%3A00%3A00Z+and+isRead+eq+false+and+from%2FemailAddress%2Faddress+eq+"
         "%27o%27%27hara%40example.org%27": {"value": [MESSAGE], "@odata.nextLink": NEXT}},
        {"items": [{**SHOWN, "preview": "It leaks"}], "next_cursor": "%24top=1&%24skiptoken=abc"}),
    Case("search_messages", {"query": 'subject:"roof"'},
        {f"GET /me/messages?%24top=20&%24select={SELECT}&%24search=%22subject%3A%5C%22roof%5C%22%22": {
            "value": [MESSAGE]}}, {"items": [SHOWN], "next_cursor": None}),
    Case("get_message", {"message": "m1"}, {f"GET /me/messages/m1?%24select={SELECT}%2Cbody": {**MESSAGE,
        "body": {"contentType": "text", "content": "It leaks. Soon?"}}}, {**SHOWN, "text": "It leaks. Soon?"}),
    Case("list_conversation", {"conversation": "c1"},
        {f"GET /me/messages?%24top=20&%24select={SELECT}&%24filter=conversationId+eq+%27c1%27": {"value": [MESSAGE]}},
        {"items": [SHOWN]}),
    Case("list_attachments", {"message": "m1"}, {f"GET /me/messages/m1/attachments?%24select={ABOUT_FILE}": {
        "value": [FILE]}}, {"items": [{"id": "a1", "name": "roof.txt", "size": 5}]}),
    Case("download_attachment", {"message": "m1", "attachment": "a1"}, {
        f"GET /me/messages/m1/attachments/a1?%24select={ABOUT_FILE}": FILE,
        "GET /me/messages/m1/attachments/a1/$value": Answer(b"hello", headers={"content-type": "text/plain"})},
        {"name": "roof.txt", "file": {"size": 5, "type": "text/plain"}}),
    Case("send_message", {**MAIL, "cc": ["bob@example.org"]}, {"POST /me/sendMail": Answer(b"", 202)}, {"sent": True},
        body={"saveToSentItems": True, "message": {**SENT, "ccRecipients": [
            {"emailAddress": {"address": "bob@example.org"}}]}}),
    Case("create_draft", {**MAIL, "html": True}, {"POST /me/messages": {**MESSAGE, "isDraft": True}}, {"draft": True},
        body={**SENT, "body": {"contentType": "html", "content": "Soon."}}),
    Case("send_draft", {"message": "m1"}, {"POST /me/messages/m1/send": Answer(b"", 202)}, {"sent": True}),
    Case("reply", {"message": "m1", "text": "Yes", "all": True}, {"POST /me/messages/m1/replyAll": Answer(b"", 202)},
        {"sent": True}, body={"comment": "Yes"}),
    Case("forward", {"message": "m1", "to": ["bob@example.org"]}, {"POST /me/messages/m1/forward": Answer(b"", 202)},
        {"sent": True}, body={"comment": "", "toRecipients": [{"emailAddress": {"address": "bob@example.org"}}]}),
    Case("move_message", {"message": "m1", "folder": "archive"}, {"POST /me/messages/m1/move": MESSAGE},
        {"message": "m1", "folder": "archive"}, body={"destinationId": "archive"}),
    Case("mark_message", {"message": "m1", "read": False, "flag": "flagged", "categories": []},
        {"PATCH /me/messages/m1": MESSAGE}, SHOWN,
        body={"isRead": False, "flag": {"flagStatus": "flagged"}, "categories": []}),
    Case("delete_message", {"message": "m1"}, {"POST /me/messages/m1/move": MESSAGE}, {"folder": "deleteditems"},
        body={"destinationId": "deleteditems"}),
]  # fmt: skip
APPLICATION = {"client_id": "the-client", "client_secret": "canary-secret-2"}
PERSON = {"client_id": "the-client", "refresh_token": "canary-refresh-2"}


def config(url: str) -> dict[str, Any]:
    return {"base_url": url, "login_url": url}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.tool)
async def test_a_tool_asks_what_graph_documents_and_gives_what_matters(tmp_path: Path, case: Case) -> None:
    case.headers |= {"authorization": f"Bearer {CANARY}"}
    asked = await play(tmp_path, "microsoft_mail", config, {"token": CANARY}, case)
    assert all('IdType="ImmutableId"' in one.headers["prefer"] for one in asked)


def test_every_tool_has_its_case() -> None:
    assert [case.tool for case in CASES] == list(tools_of(MicrosoftMail))


async def test_a_cursor_goes_on_with_the_same_list_and_leads_nowhere_else(tmp_path: Path) -> None:
    case = Case("list_folders", {"cursor": "%24skiptoken=abc"}, {"GET /me/mailFolders?%24skiptoken=abc": {
        "value": [], "@odata.nextLink": NEXT}}, {"items": []})  # fmt: skip
    await play(tmp_path, "microsoft_mail", config, {"token": CANARY}, case)
    elsewhere = {"GET /me/mailFolders?https%3A%2F%2Fevil.example%2F%3Fa=b": {"value": []}}
    away = Case("list_folders", {"cursor": "https://evil.example/?a=b"}, elsewhere, {"items": []})
    await play(tmp_path, "microsoft_mail", config, {"token": CANARY}, away)


@pytest.mark.parametrize(
    ("credential", "more", "form", "path"),
    [
        (APPLICATION, {"tenant": "acme.example", "mailbox": "us@example.org"}, "client_credentials",
         "/users/us%40example.org/mailFolders"),
        (PERSON, {}, "refresh_token", "/me/mailFolders"),
    ],
)  # fmt: skip
async def test_an_application_and_a_person_get_their_tokens(
    tmp_path: Path, credential: dict[str, str], more: dict[str, str], form: str, path: str
) -> None:
    tenant = more.get("tenant", "common")
    answers = {f"POST /{tenant}/oauth2/v2.0/token": {"access_token": CANARY, "expires_in": 3600},
               f"GET {path}?%24top=20": {"value": []}}  # fmt: skip
    with Service(answers) as graph:
        async with opened(tmp_path, "microsoft_mail", {**config(graph.url), **more}, credential) as link:
            await use("microsoft_mail", link, "list_folders", {})
        assert graph.unexpected == []
        sent = parse_qs(graph.asked[0].body.decode())
        assert sent == {k: [v] for k, v in {**credential, "grant_type": form, "scope": f"{graph.url}/.default"}.items()}
        assert graph.asked[1].headers["authorization"] == f"Bearer {CANARY}"


@pytest.mark.parametrize(
    ("given", "credential", "paths"),
    [
        ({}, None, ["/credential"]),
        ({"mailbox": "a@b.example"}, APPLICATION, ["/config/tenant"]),
        ({"mailbox": "a@b.example", "tenant": "acme.example"}, {"client_id": "x"}, ["/credential/client_secret"]),
        ({"tenant": "a/../b"}, PERSON, ["/config/tenant"]),
        ({"login_url": "ftp://x"}, PERSON, ["/config/login_url"]),
    ],
)
def test_what_is_missing_is_told(given: dict[str, str], credential: dict[str, str] | None, paths: list[str]) -> None:
    with pytest.raises(BadInput) as wrong:
        read("microsoft_mail", given, credential)
    assert [problem.path for problem in wrong.value.problems] == paths


@pytest.mark.parametrize("size", [5, 3_000_001])
async def test_files_go_with_a_mail_up_to_what_graph_takes(tmp_path: Path, size: int) -> None:
    with Service({"POST /me/sendMail": Answer(b"", 202)}) as graph:
        async with opened(tmp_path, "microsoft_mail", config(graph.url), {"token": CANARY}) as link:
            file = await link.files.write("roof.txt", b"x" * size)
            mail = {**MAIL, "files": [{"$file": file["$file"]}]}
            if size > m.LONG:
                with pytest.raises(Rejected, match="3 MB"):
                    await use("microsoft_mail", link, "send_message", mail)
                assert graph.asked == []
                return
            await use("microsoft_mail", link, "send_message", mail)
        assert b'"name":"roof.txt","contentBytes":"eHh4eHg="' in graph.asked[0].body


async def test_we_learn_as_whom_we_are_connected(tmp_path: Path) -> None:
    with Service({"GET /me/mailFolders/inbox": {"totalItemCount": 3}}) as graph:
        async with opened(tmp_path, "microsoft_mail", config(graph.url), {"token": CANARY}) as link:
            assert await MicrosoftMail().test(link) == "Our own mailbox, 3 messages in its inbox"
