"""What Google Calendar's tools take, and what they show of its answers."""

from typing import Any, Literal

from pydantic import Field

from troupe.catalog.connectors._rest import Paged, each, given, pick
from troupe.catalog.contract import Fields, Json

TIME = "2026-12-01T09:00:00+01:00"
Told = Literal["all", "externalOnly", "none"]


class InCalendar(Fields):
    """A calendar."""

    calendar: str = Field("primary", description="The calendar's id; `primary` is our own.", max_length=300)


class ListEvents(InCalendar, Paged):
    """Which events."""

    after: str = Field("", description=f"Only what ends after this time, like {TIME}.", max_length=40)
    before: str = Field("", description=f"Only what begins before this time, like {TIME}.", max_length=40)
    query: str = Field("", description="Words in title, description, place or guests.", max_length=300)


class OneEvent(InCalendar):
    """An event."""

    event: str = Field(description="The event's id.", min_length=1, max_length=1024)


class Instances(OneEvent, Paged):
    """Which times of an event that recurs."""

    after: str = Field("", description=f"Only what ends after this time, like {TIME}.", max_length=40)


class Tells(Fields):
    """Who is told."""

    tell: Told = Field("all", description="Which guests get a mail about it.")


class CreateEvent(InCalendar, Tells):
    """A new event."""

    title: str = Field(description="What it is.", min_length=1, max_length=1000)
    start: str = Field(description=f"When it begins, like {TIME}; 2026-12-01 for a whole day.", max_length=40)
    end: str = Field(description="When it ends, likewise; of whole days, the day after the last.", max_length=40)
    time_zone: str = Field("", description="Like Europe/Berlin: for times without an offset, and recurrence.")
    description: str = Field("", description="More about it.", max_length=8000)
    location: str = Field("", description="Where.", max_length=1000)
    guests: list[str] = Field([], description="Mail addresses of who is invited.", max_length=200)
    recurrence: list[str] = Field([], description="RFC 5545 lines, like RRULE:FREQ=WEEKLY;COUNT=4.", max_length=10)
    meet: bool = Field(default=False, description="With a Google Meet link.")


class UpdateEvent(OneEvent, Tells):
    """What changes; the rest stays."""

    title: str | None = Field(None, description="Another title.", max_length=1000)
    start: str | None = Field(None, description=f"Another begin, like {TIME} or 2026-12-01.", max_length=40)
    end: str | None = Field(None, description="Another end, likewise.", max_length=40)
    time_zone: str = Field("", description="Like Europe/Berlin, for times without an offset.")
    description: str | None = Field(None, description="Another description.", max_length=8000)
    location: str | None = Field(None, description="Another place.", max_length=1000)


class Guests(OneEvent, Tells):
    """Who comes too."""

    guests: list[str] = Field(description="Mail addresses to invite as well.", min_length=1, max_length=200)


class Respond(OneEvent, Tells):
    """An answer to an invitation."""

    response: Literal["accepted", "declined", "tentative"] = Field(description="Whether we come.")
    comment: str = Field("", description="What is said with it.", max_length=1000)


class Delete(OneEvent, Tells):
    """An event to delete."""


class Move(OneEvent, Tells):
    """Where an event goes."""

    to: str = Field(description="The id of the calendar it goes to.", min_length=1, max_length=300)


class QuickAdd(InCalendar, Tells):
    """An event in words."""

    text: str = Field(description='Like "Lunch with Ada tomorrow at 12".', min_length=1, max_length=1000)


class FreeBusy(Fields):
    """Whose time."""

    calendars: list[str] = Field(
        ["primary"], description="Calendar ids; of people, their mail addresses.", min_length=1, max_length=50
    )
    start: str = Field(description=f"From when, like {TIME}.", max_length=40)
    end: str = Field(description="Until when, likewise.", max_length=40)


CALENDAR = {"id": "id", "title": "summary", "time_zone": "timeZone", "role": "accessRole", "primary": "primary"}
EVENT = {
    "id": "id", "status": "status", "title": "summary", "location": "location", "description": "description",
    "organizer": "organizer.email", "recurrence": "recurrence", "series": "recurringEventId", "meet": "hangoutLink",
    "url": "htmlLink", "updated_at": "updated",
}  # fmt: skip
GUEST = {"email": "email", "name": "displayName", "response": "responseStatus", "optional": "optional"}
TIMES = {"start": "start.dateTime", "end": "end.dateTime"}
DAYS = {"start": "start.date", "end": "end.date"}


def shown(event: Any) -> dict[str, Json]:
    """An event as a model sees it: times as they are, whole days as dates."""
    about = {**pick(event, EVENT), **pick(event, DAYS), **pick(event, TIMES)}
    return {**about, **given(guests=each(event, "attendees", GUEST))}


def when(text: str | None, zone: str) -> dict[str, str] | None:
    """A time in Google's form: a date for whole days."""
    if not text:
        return None
    return {"date": text} if len(text) == 10 else {"dateTime": text} | given(timeZone=zone)
