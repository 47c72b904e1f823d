"""google_calendar: calendars, events and free time, by the Google Calendar API v3."""

import hashlib
from typing import Any

from pydantic import Field

from troupe.base.errors import Problem, RateLimited, Refused, StepFailed
from troupe.base.http import HttpResponse
from troupe.catalog.connectors import _google_calendar as c
from troupe.catalog.connectors import _oauth
from troupe.catalog.connectors._native import Native, tool
from troupe.catalog.connectors._rest import address, ask, at, each, fields, given, items, page
from troupe.catalog.contract import Consent, Fields, Json, Link, idempotent, once, read

SLOW = (b"rateLimitExceeded", b"userRateLimitExceeded", b"quotaExceeded")


class GoogleCalendar(Native):
    """Calendars, events and free time of a Google account.

    Give the client's id and secret, then grant access on Google's page; or give a refresh token that has the scope
    https://www.googleapis.com/auth/calendar.
    """

    title = "Google Calendar"
    category = "productivity"
    hints = {
        401: "The access token has ended, or the grant was withdrawn: connect again.",
        403: "The grant lacks the scope https://www.googleapis.com/auth/calendar, or the calendar is only to be read.",
        404: "There is no such calendar or event, or the account may not see it.",
    }

    class Config(Fields):
        """Where Google is."""

        base_url: str = Field("https://www.googleapis.com/calendar/v3", description="The API.", max_length=500)
        token_url: str = Field("https://oauth2.googleapis.com/token", description="Gives tokens.", max_length=500)
        consent_url: str = Field("https://accounts.google.com/o/oauth2/v2/auth", description="Asks a person.",
                                 max_length=500)  # fmt: skip

    Credential = _oauth.Grant

    def consent(self, config: Any) -> Consent:
        asked = {"scope": "https://www.googleapis.com/auth/calendar", "access_type": "offline", "prompt": "consent"}
        return Consent(config.consent_url, asked, config.token_url)

    def check(self, config: Any, credential: Any) -> list[Problem]:
        lacks = _oauth.missing(credential, "client_id", "client_secret") if credential else []
        return [*super().check(config, credential), *lacks]

    async def sign(self, link: Link) -> dict[str, str]:
        grant = _oauth.plain(link.credential)
        if "token" not in grant:
            _oauth.need_grant(grant)
            grant["token"] = await _oauth.token_for(
                link, link.config.token_url, {**grant, "grant_type": "refresh_token"}
            )
        return {"authorization": f"Bearer {grant['token']}"}

    def failure(self, answer: HttpResponse) -> StepFailed | None:
        wrong = super().failure(answer)
        if answer.status == 403 and wrong and any(word in answer.content for word in SLOW):
            return RateLimited(wrong.message)
        return wrong

    async def test(self, link: Link) -> str:
        found = await ask(link, "GET", _at(link, "calendars", "primary"))
        return f"The calendars of {at(found, 'id')}"

    @tool(read, tags=["calendars"])
    async def list_calendars(self, link: Link, given: c.Paged) -> Json:
        """List the calendars of the account, with what it may do in each."""
        asked = {"maxResults": given.limit, "pageToken": given.cursor}
        found = await ask(link, "GET", _at(link, "users", "me", "calendarList"), params=asked)
        return page(each(found, "items", c.CALENDAR), at(found, "nextPageToken"))

    @tool(read, tags=["events"], hints="meetings appointments agenda schedule")
    async def list_events(self, link: Link, given: c.ListEvents) -> Json:
        """List events of a calendar by their begin; events that recur are given time by time."""
        asked = {"timeMin": given.after, "timeMax": given.before, "q": given.query, "singleEvents": True}
        return await _events(link, _of(link, given), given, **asked, orderBy="startTime")

    @tool(read, tags=["events"], hints="meeting appointment")
    async def get_event(self, link: Link, given: c.OneEvent) -> Json:
        """Get an event: when, where, who comes."""
        return c.shown(await ask(link, "GET", _of(link, given, given.event)))

    @tool(read, tags=["events"], hints="recurring series meeting")
    async def list_instances(self, link: Link, given: c.Instances) -> Json:
        """List the single times of an event that recurs."""
        return await _events(link, _of(link, given, given.event, "instances"), given, timeMin=given.after)

    @tool(idempotent, tags=["events"], hints="schedule invite meeting appointment book")
    async def create_event(self, link: Link, given: c.CreateEvent) -> Json:
        """Create an event and invite its guests."""
        body = _body(given) | {"id": _id(link)} if link.effect_key else _body(given)
        if given.meet:
            request = {"requestId": _id(link), "conferenceSolutionKey": {"type": "hangoutsMeet"}}
            body["conferenceData"] = {"createRequest": request}
        params = {"sendUpdates": given.tell, "conferenceDataVersion": 1 if given.meet else None}
        try:
            return c.shown(await ask(link, "POST", _of(link, given), params=params, json=body))
        except Refused as no:
            if no.code != "conflicting" or not link.effect_key:
                raise
            return c.shown(await ask(link, "GET", _of(link, given, _id(link))))

    @tool(once, tags=["events"], hints="schedule meeting words")
    async def quick_add(self, link: Link, given: c.QuickAdd) -> Json:
        """Create an event from one sentence, which Google reads."""
        params = {"text": given.text, "sendUpdates": given.tell}
        return c.shown(await ask(link, "POST", _of(link, given, "quickAdd"), params=params))

    @tool(idempotent, tags=["events"], hints="reschedule move change meeting")
    async def update_event(self, link: Link, given: c.UpdateEvent) -> Json:
        """Change an event; what is left out stays as it is."""
        return await _patch(link, given, _body(given))

    @tool(idempotent, tags=["events"], hints="invite attendees people")
    async def add_guests(self, link: Link, given: c.Guests) -> Json:
        """Invite more guests to an event."""
        there = items(await ask(link, "GET", _of(link, given, given.event)), "attendees")
        known = {str(at(one, "email")).lower() for one in there}
        more = [{"email": mail} for mail in given.guests if mail.lower() not in known]
        return await _patch(link, given, {"attendees": [*there, *more]})

    @tool(idempotent, tags=["events"], hints="accept decline rsvp invitation")
    async def respond_to_event(self, link: Link, given: c.Respond) -> Json:
        """Accept or decline an invitation."""
        there = items(await ask(link, "GET", _of(link, given, given.event)), "attendees")
        said = {"responseStatus": given.response} | ({"comment": given.comment} if given.comment else {})
        if not any(at(one, "self") for one in there):
            raise Refused("We are not among the guests of this event.", code="not_invited")
        return await _patch(link, given, {"attendees": [{**one, **said} if at(one, "self") else one for one in there]})

    @tool(idempotent, tags=["events"], hints="cancel remove meeting")
    async def delete_event(self, link: Link, given: c.Delete) -> Json:
        """Delete an event; one that is deleted already counts as that."""
        try:
            await ask(link, "DELETE", _of(link, given, given.event), params={"sendUpdates": given.tell})
        except Refused as no:
            if no.code != "gone":
                raise
        return {"id": given.event, "deleted": True}

    @tool(once, tags=["events"], hints="organizer calendar")
    async def move_event(self, link: Link, given: c.Move) -> Json:
        """Move an event to another calendar."""
        params = {"destination": given.to, "sendUpdates": given.tell}
        return c.shown(await ask(link, "POST", _of(link, given, given.event, "move"), params=params))

    @tool(read, tags=["events"], hints="free busy available slot when availability")
    async def find_busy_times(self, link: Link, given: c.FreeBusy) -> Json:
        """Find when people are busy between two times; the rest is free."""
        body = {"timeMin": given.start, "timeMax": given.end, "items": [{"id": one} for one in given.calendars]}
        found = await ask(link, "POST", _at(link, "freeBusy"), json=body)
        return {
            name: {"busy": items(one, "busy"), **({"error": at(errors[0], "reason")} if errors else {})}
            for name, one in fields(found, "calendars").items()
            for errors in [items(one, "errors")]
        }


def _at(link: Link, *parts: str) -> str:
    return address(link.config.base_url, *parts)


def _of(link: Link, given: c.InCalendar, *parts: str) -> str:
    return _at(link, "calendars", given.calendar, "events", *parts)


def _id(link: Link) -> str:
    """An event's id of our own, in base32hex, the same for one effect: what is created twice is there once."""
    return hashlib.sha256(link.effect_key.encode()).hexdigest()


def _body(asked: c.CreateEvent | c.UpdateEvent) -> dict[str, Any]:
    body = {"summary": asked.title, "description": asked.description, "location": asked.location}
    body |= {"start": c.when(asked.start, asked.time_zone), "end": c.when(asked.end, asked.time_zone)}
    if isinstance(asked, c.UpdateEvent):
        return {name: value for name, value in body.items() if value is not None}
    return given(**body, attendees=[{"email": mail} for mail in asked.guests], recurrence=asked.recurrence)


async def _events(link: Link, url: str, asked: c.Paged, **params: Any) -> Json:
    found = await ask(link, "GET", url, params={**params, "maxResults": asked.limit, "pageToken": asked.cursor})
    return page([c.shown(one) for one in items(found, "items")], at(found, "nextPageToken"))


async def _patch(link: Link, asked: c.UpdateEvent | c.Guests | c.Respond, body: dict[str, Any]) -> Json:
    return c.shown(
        await ask(link, "PATCH", _of(link, asked, asked.event), params={"sendUpdates": asked.tell}, json=body)
    )
