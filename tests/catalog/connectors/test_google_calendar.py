"""Google Calendar's tools against a local server that answers in the shapes of its API."""

import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.catalog.connectors.harness import CANARY, Case, Service, opened, play, use
from tests.servers.desk import Answer
from troupe.base.errors import BadInput, RateLimited, Refused, TroupeError
from troupe.catalog.connectors._native import tools_of
from troupe.catalog.connectors.google_calendar import GoogleCalendar
from troupe.features.connections.service import read

ID = hashlib.sha256(b"effect-1").hexdigest()
EVENTS = "/calendars/primary/events"
EVENT = {
    "id": "e1", "status": "confirmed", "summary": "Roof", "start": {"dateTime": "2026-12-01T09:00:00+01:00"},
    "end": {"dateTime": "2026-12-01T10:00:00+01:00"}, "organizer": {"email": "ada@example.org"}, "etag": '"1"',
    "attendees": [{"email": "ada@example.org", "responseStatus": "accepted"},
                  {"email": "us@example.org", "self": True, "responseStatus": "needsAction"}],
}  # fmt: skip
SHOWN = {"id": "e1", "title": "Roof", "start": "2026-12-01T09:00:00+01:00", "organizer": "ada@example.org"}
TIMES = {"start": "2026-12-01T09:00:00", "end": "2026-12-01T10:00:00"}

CASES = [
    Case("list_calendars", {}, {"GET /users/me/calendarList?maxResults=20": {"items": [{"id": "us@example.org",
        "summary": "Us", "primary": True, "accessRole": "owner"}]}}, {"items": [{"title": "Us", "role": "owner"}]}),
    Case("list_events", {"after": "2026-12-01T00:00:00Z", "query": "roof", "limit": 1, "cursor": "p2"},
        {f"GET {EVENTS}?timeMin=2026-12-01T00%3A00%3A00Z&q=roof&singleEvents=true&orderBy=startTime&maxResults=1"
         "&pageToken=p2": {"items": [EVENT], "nextPageToken": "p3"}}, {"items": [SHOWN], "next_cursor": "p3"}),
    Case("get_event", {"calendar": "team@group.calendar.google.com", "event": "e1"},
        {"GET /calendars/team%40group.calendar.google.com/events/e1": {**EVENT, "start": {"date": "2026-12-01"}}},
        {"start": "2026-12-01", "guests": [{"email": "ada@example.org", "response": "accepted"},
                                            {"email": "us@example.org"}]}),
    Case("list_instances", {"event": "e1"}, {f"GET {EVENTS}/e1/instances?maxResults=20": {"items": [EVENT]}},
        {"items": [SHOWN]}),
    Case("create_event", {"title": "Roof", **TIMES, "time_zone": "Europe/Berlin", "guests": ["ada@example.org"],
        "meet": True}, {f"POST {EVENTS}?sendUpdates=all&conferenceDataVersion=1": EVENT}, SHOWN,
        body={"id": ID, "summary": "Roof", "attendees": [{"email": "ada@example.org"}],
              "start": {"dateTime": "2026-12-01T09:00:00", "timeZone": "Europe/Berlin"},
              "end": {"dateTime": "2026-12-01T10:00:00", "timeZone": "Europe/Berlin"},
              "conferenceData": {"createRequest": {"requestId": ID, "conferenceSolutionKey": {
                  "type": "hangoutsMeet"}}}}),
    Case("quick_add", {"text": "Lunch at 12", "tell": "none"},
        {f"POST {EVENTS}/quickAdd?text=Lunch+at+12&sendUpdates=none": EVENT}, SHOWN),
    Case("update_event", {"event": "e1", "start": "2026-12-02", "end": "2026-12-03", "location": ""},
        {f"PATCH {EVENTS}/e1?sendUpdates=all": EVENT}, SHOWN,
        body={"start": {"date": "2026-12-02"}, "end": {"date": "2026-12-03"}, "location": ""}),
    Case("add_guests", {"event": "e1", "guests": ["ADA@example.org", "bob@example.org"]},
        {f"GET {EVENTS}/e1": EVENT, f"PATCH {EVENTS}/e1?sendUpdates=all": EVENT}, SHOWN,
        body={"attendees": [*EVENT["attendees"], {"email": "bob@example.org"}]}),
    Case("respond_to_event", {"event": "e1", "response": "declined", "comment": "Away"},
        {f"GET {EVENTS}/e1": EVENT, f"PATCH {EVENTS}/e1?sendUpdates=all": EVENT}, SHOWN,
        body={"attendees": [EVENT["attendees"][0], {"email": "us@example.org", "self": True,
                            "responseStatus": "declined", "comment": "Away"}]}),
    Case("delete_event", {"event": "e1"}, {f"DELETE {EVENTS}/e1?sendUpdates=all": Answer(b"", 204)}, {"deleted": True}),
    Case("move_event", {"event": "e1", "to": "team"},
        {f"POST {EVENTS}/e1/move?destination=team&sendUpdates=all": EVENT}, SHOWN),
    Case("find_busy_times", {"calendars": ["ada@example.org", "x"], "start": "2026-12-01T00:00:00Z",
        "end": "2026-12-02T00:00:00Z"}, {"POST /freeBusy": {"calendars": {
            "ada@example.org": {"busy": [{"start": "a", "end": "b"}]},
            "x": {"errors": [{"domain": "global", "reason": "notFound"}], "busy": []}}}},
        {"ada@example.org": {"busy": [{"start": "a", "end": "b"}]}, "x": {"error": "notFound"}},
        body={"timeMin": "2026-12-01T00:00:00Z", "timeMax": "2026-12-02T00:00:00Z",
              "items": [{"id": "ada@example.org"}, {"id": "x"}]}),
]  # fmt: skip
GRANT = {"client_id": "the-client", "client_secret": "canary-secret-1", "refresh_token": "canary-refresh-1"}


def config(url: str) -> dict[str, Any]:
    return {"base_url": url, "token_url": f"{url}/token"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.tool)
async def test_a_tool_asks_what_google_documents_and_gives_what_matters(tmp_path: Path, case: Case) -> None:
    case.headers |= {"authorization": f"Bearer {CANARY}"}
    await play(tmp_path, "google_calendar", config, {"token": CANARY}, case)


def test_every_tool_has_its_case() -> None:
    assert [case.tool for case in CASES] == list(tools_of(GoogleCalendar))


async def test_an_event_that_was_created_before_is_given_and_not_made_twice(tmp_path: Path) -> None:
    taken = Answer({"error": {"code": 409, "message": "The requested identifier already exists."}}, 409)
    case = Case("create_event", {"title": "Roof", **TIMES}, {f"POST {EVENTS}?sendUpdates=all": taken,
                f"GET {EVENTS}/{ID}": EVENT}, SHOWN)  # fmt: skip
    await play(tmp_path, "google_calendar", config, {"token": CANARY}, case)


async def test_an_event_that_is_gone_is_deleted(tmp_path: Path) -> None:
    gone = Answer({"error": {"code": 410, "message": "Resource has been deleted"}}, 410)
    case = Case("delete_event", {"event": "e1"}, {f"DELETE {EVENTS}/e1?sendUpdates=all": gone}, {"deleted": True})
    await play(tmp_path, "google_calendar", config, {"token": CANARY}, case)


async def test_a_refresh_token_gets_an_access_token_which_is_kept(tmp_path: Path) -> None:
    token = {"access_token": CANARY, "expires_in": 3599, "token_type": "Bearer"}
    answers = {"POST /token": token, f"GET {EVENTS}/e1": EVENT}
    with Service(answers) as google:
        async with opened(tmp_path, "google_calendar", config(google.url), GRANT) as link:
            for _ in range(2):
                await use("google_calendar", link, "get_event", {"event": "e1"})
        lines = [asked.path for asked in google.asked]
    assert lines == ["/token", f"{EVENTS}/e1", f"{EVENTS}/e1"]
    form = parse_qs(google.asked[0].body.decode())
    assert form == {name: [value] for name, value in {**GRANT, "grant_type": "refresh_token"}.items()}
    assert google.asked[2].headers["authorization"] == f"Bearer {CANARY}"


async def test_a_refresh_token_that_is_replaced_is_used_from_then_on(tmp_path: Path) -> None:
    token = {"access_token": CANARY, "expires_in": 1, "refresh_token": "canary-refresh-3"}
    with Service({"POST /token": token, f"GET {EVENTS}/e1": EVENT}) as google:
        async with opened(tmp_path, "google_calendar", config(google.url), GRANT) as link:
            for _ in range(2):
                await use("google_calendar", link, "get_event", {"event": "e1"})
        forms = [parse_qs(asked.body.decode()) for asked in google.asked if asked.path == "/token"]
    assert [form["refresh_token"] for form in forms] == [["canary-refresh-1"], ["canary-refresh-3"]]


async def test_a_grant_that_was_withdrawn_says_so_without_its_secrets(tmp_path: Path) -> None:
    no = Answer({"error": "invalid_grant", "error_description": f"Revoked: {GRANT['refresh_token']}"}, 400)
    with Service({"POST /token": no}) as google:
        async with opened(tmp_path, "google_calendar", config(google.url), GRANT) as link:
            with pytest.raises(Refused) as refused:
                await use("google_calendar", link, "get_event", {"event": "e1"})
    assert "connect again" in refused.value.hint
    assert "canary" not in refused.value.message


@pytest.mark.parametrize(("reason", "kind"), [("rateLimitExceeded", RateLimited), ("forbidden", Refused)])
async def test_a_quota_that_is_used_up_is_no_lack_of_rights(
    tmp_path: Path, reason: str, kind: type[TroupeError]
) -> None:
    said = {"error": {"code": 403, "message": "No", "errors": [{"reason": reason}]}}
    case = Case("get_event", {"event": "e1"}, {f"GET {EVENTS}/e1": Answer(said, 403)}, {})
    with pytest.raises(kind):
        await play(tmp_path, "google_calendar", config, {"token": CANARY}, case)


async def test_who_is_not_invited_cannot_answer(tmp_path: Path) -> None:
    alone = {**EVENT, "attendees": []}
    case = Case("respond_to_event", {"event": "e1", "response": "accepted"}, {f"GET {EVENTS}/e1": alone}, {})
    with pytest.raises(Refused, match="not among the guests"):
        await play(tmp_path, "google_calendar", config, {"token": CANARY}, case)


@pytest.mark.parametrize("credential", [None, {}, {"client_id": "a", "refresh_token": "b"}, {"client_secret": "a"}])
def test_a_credential_that_lacks_something_is_refused(credential: dict[str, str] | None) -> None:
    with pytest.raises(BadInput) as wrong:
        read("google_calendar", {}, credential)
    assert all(problem.path.startswith("/credential") for problem in wrong.value.problems)
