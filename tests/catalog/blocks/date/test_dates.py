"""Dates over the changes of summer time, at the ends of months, and at the ends of the calendar."""

from typing import Any

import pytest

from troupe.base.errors import Rejected

PARIS, NEW_YORK, LORD_HOWE = "Europe/Paris", "America/New_York", "Australia/Lord_Howe"


@pytest.mark.parametrize(
    ("date", "zone", "span", "iso"),
    [
        ("2026-03-28T02:30:00", PARIS, {"days": 1}, "2026-03-29T03:30:00+02:00"),  # 02:30 does not exist that day
        ("2026-03-28T02:30:00", PARIS, {"days": 2}, "2026-03-30T02:30:00+02:00"),
        ("2026-10-24T02:30:00", PARIS, {"days": 1}, "2026-10-25T02:30:00+02:00"),  # the first of the two
        ("2026-10-25T02:30:00+02:00", PARIS, {"hours": 1}, "2026-10-25T02:30:00+01:00"),  # the second
        ("2026-10-25T02:30:00+01:00", PARIS, {"minutes": -30}, "2026-10-25T02:00:00+01:00"),
        ("2026-10-25T02:00:00+01:00", PARIS, {"seconds": -1}, "2026-10-25T02:59:59+02:00"),
        ("2026-03-07T12:00:00", NEW_YORK, {"days": 1}, "2026-03-08T12:00:00-04:00"),
        ("2026-03-07T12:00:00", NEW_YORK, {"hours": 24}, "2026-03-08T13:00:00-04:00"),
        ("2026-04-05T00:00:00", LORD_HOWE, {"hours": 24}, "2026-04-05T23:30:00+10:30"),  # it moves by half an hour
        ("2024-02-29", "UTC", {"years": 1}, "2025-02-28T00:00:00+00:00"),
        ("2026-01-31", "UTC", {"months": 1}, "2026-02-28T00:00:00+00:00"),
        ("2026-01-31T10:00:00+05:00", "", {"days": -31}, "2025-12-31T10:00:00+05:00"),
        ("2026-11-20T09:30:00Z", PARIS, {"weeks": 1}, "2026-11-27T10:30:00+01:00"),
    ],
)
async def test_a_span_is_added_by_the_calendar_of_the_zone(use: Any, date: str, zone: str, span: Any, iso: str) -> None:
    assert (await use("date.add", date=date, zone=zone, **span))["iso"] == iso


async def test_a_time_that_a_zone_skips_moves_on(use: Any) -> None:
    made = await use("date.parse", text="2026-03-29 02:30", zone=PARIS)
    assert made["iso"] == "2026-03-29T03:30:00+02:00"


@pytest.mark.parametrize(
    ("start", "end", "hours", "days"),
    [
        ("2026-10-25T00:00", "2026-10-26T00:00", 25.0, 1),
        ("2026-03-29T00:00", "2026-03-30T00:00", 23.0, 1),
        ("2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00", 1.0, 0),
    ],
)
async def test_a_day_has_23_to_25_hours(use: Any, start: str, end: str, hours: float, days: int) -> None:
    made = await use("date.difference", start=start, end=end, zone=PARIS)
    assert (made["hours"], made["calendar_days"]) == (hours, days)


@pytest.mark.parametrize(
    ("text", "more", "iso"),
    [
        ("Nov 20, 2026", {}, "2026-11-20T00:00:00+00:00"),
        ("2/3/2026", {}, "2026-02-03T00:00:00+00:00"),
        ("2/3/2026", {"day_first": True}, "2026-03-02T00:00:00+00:00"),
        ("Fri, 20 Nov 2026 09:30:00 +0100", {}, "2026-11-20T08:30:00+00:00"),
        ("20 November 2026 9pm GMT", {"zone": PARIS}, "2026-11-20T22:00:00+01:00"),
        ("20261120T093000Z", {}, "2026-11-20T09:30:00+00:00"),
    ],
)
async def test_dates_as_people_write_them_are_read(use: Any, text: str, more: Any, iso: str) -> None:
    assert (await use("date.parse", text=text, **more))["iso"] == iso


@pytest.mark.parametrize(
    "text", ["May", "12:30", "Monday", "2026", "10 o'clock", "32.1.2026", "x" * 200, "9" * 200, "1.1.1.1.1"]
)
async def test_a_text_that_leaves_the_day_open_is_refused(use: Any, text: str) -> None:
    with pytest.raises(Rejected) as caught:
        await use("date.parse", text=text)
    assert caught.value.code == "bad_date"


@pytest.mark.parametrize("zone", ["../../etc/passwd", "/etc/localtime", "", "Mars", "europe/../UTC", "\x00"])
async def test_a_zone_that_is_none_is_refused(use: Any, zone: str) -> None:
    if zone == "":
        assert (await use("date.now", zone=zone))["iso"].endswith("+00:00")
        return
    with pytest.raises(Rejected) as caught:
        await use("date.now", zone=zone)
    assert caught.value.code == "unknown_zone"


@pytest.mark.parametrize(
    ("date", "span"),
    [
        ("9999-12-31", {"days": 1}),
        ("0001-01-01", {"seconds": -1}),
        ("2026-01-01", {"months": -120_000}),
        ("2026-01-01", {"seconds": 1e12}),
    ],
)
async def test_outside_of_the_calendar_is_refused(use: Any, date: str, span: Any) -> None:
    with pytest.raises(Rejected) as caught:
        await use("date.add", date=date, **span)
    assert caught.value.code == "out_of_range"
