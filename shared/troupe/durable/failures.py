"""A failure as the journal carries it, and raised again from there."""

from troupe.base.errors import StepFailed, TroupeError, tree
from troupe.durable.models import BadRow, Row, StepRow, as_dict


def as_row(wrong: TroupeError, key: str) -> Row:
    """A failure as the journal carries it."""
    return {
        "code": wrong.code, "message": wrong.message, "node": getattr(wrong, "node", None), "step": key,
        "retryable": wrong.retryable, "hint": wrong.hint,
    } | ({"partial": wrong.partial} if isinstance(wrong, StepFailed) and wrong.partial else {})  # fmt: skip


def failure_of(row: StepRow) -> StepFailed:
    """The journaled failure, raised again on replay with its class and code."""
    said = as_dict(row.result)
    kind = tree().get(str(said.get("code")), StepFailed)
    wrong = (kind if issubclass(kind, StepFailed) else StepFailed)(str(said.get("message") or ""))
    wrong.code, wrong.hint = str(said.get("code") or wrong.code), str(said.get("hint") or "")
    wrong.node, wrong.step = said.get("node"), row.key
    wrong.partial = str(said.get("partial") or "")
    return wrong


def error_of(wrong: BaseException) -> Row:
    """What the run's `error` says."""
    if isinstance(wrong, TroupeError):
        return as_row(wrong, getattr(wrong, "step", None) or "")
    if isinstance(wrong, BadRow):
        return as_row(TroupeError(f"The database cannot store a value of this run: {wrong}", code="bad_value"), "")
    return as_row(TroupeError(f"{type(wrong).__name__}: {str(wrong)[:500]}", code="program_crashed"), "")
