"""Figures of a workspace, counted when they are asked for: the runs of a time by their ids, then those below."""

from datetime import datetime

from troupe.base.errors import BadInput, Problem
from troupe.features.runs import store
from troupe.features.runs.models import DayTally, SubjectTally, Tally, WorkspaceFigures
from troupe.features.runs.service import within
from troupe.features.runs.store import TallyRow
from troupe.features.scope import Scope

MOST = 20_000  # runs that are counted
ALL, BY_DAY, BY_SUBJECT = 3, 1, 2  # levels of a row


async def figures(scope: Scope, since: datetime, until: datetime, offset: int) -> WorkspaceFigures:
    """The figures of the runs made from `since` until before `until`. Raises BadInput where that is no time."""
    if until <= since:
        raise BadInput(problems=[Problem("until", "before_since", "`until` comes after `since`.")])
    rows = await store.tally_runs(scope.db, within(since) or since, within(until) or until, offset, MOST)
    total = next((_tally(row) for row in rows if row.level == ALL), Tally())
    return WorkspaceFigures(
        since=since, until=until, whole=total.runs < MOST, total=total,
        days=[DayTally(day=row.day, **dict(_tally(row))) for row in rows if row.level == BY_DAY and row.day],
        subjects=[_subject(row) for row in rows if row.level == BY_SUBJECT],
    )  # fmt: skip


def _tally(row: TallyRow) -> Tally:
    return Tally.model_validate(row.model_dump(include=set(Tally.model_fields)))


def _subject(row: TallyRow) -> SubjectTally:
    kind, _, id = (row.subject or "").partition(":")
    return SubjectTally(kind=kind or None, id=id or None, name=row.name, **dict(_tally(row)))
