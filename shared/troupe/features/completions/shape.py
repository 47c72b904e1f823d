"""Errors as OpenAI's clients read them: `{"error": {"message", "type", "param", "code"}}`."""

from typing import Any

from troupe.base.errors import BadInput, OverBudget, TroupeError, tree

_TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}
_STATUS = {
    "over_budget": 429, "rate_limited": 429, "unknown_model": 404, "timed_out": 504, "block_crashed": 500,
    "cost_limit": 429,
}  # fmt: skip
_CODES = {"over_budget": "insufficient_quota", "cost_limit": "insufficient_quota", "unauthorized": "invalid_api_key"}
_CLIENT_SIDE = ("bad_input", "rejected", "not_supported", "bad_schema", "tool_name_taken", "too_many_tools")


class Unanswered(TroupeError):
    """The run ended without an answer."""

    retryable = True  # as another run; what went wrong with this one stands in it

    def __init__(self, message: str = "", status: int = 502, code: str = "", run: str = "") -> None:
        super().__init__(message, code=code)
        self.answer_status, self.run = status, run


def status_of(wrong: TroupeError, status: int | None = None) -> int:
    """The HTTP status of an error at these doors."""
    if isinstance(wrong, Unanswered):
        return wrong.answer_status
    return 429 if isinstance(wrong, OverBudget) else status or wrong.status


def error_of(wrong: TroupeError, status: int | None = None) -> dict[str, Any]:
    """The body of an error."""
    code = status_of(wrong, status)
    first = wrong.problems[0] if isinstance(wrong, BadInput) and wrong.problems else None
    kind = "server_error" if code >= 500 else _TYPES.get(code, "invalid_request_error")
    said = f"{wrong.message} {wrong.hint}".strip()
    return {
        "error": {
            "message": said, "type": "insufficient_quota" if wrong.code == "insufficient_quota" else kind,
            "param": first.path if first else None,
            "code": first.code if first else _CODES.get(wrong.code, wrong.code),
        }
    }  # fmt: skip


def headers_of(wrong: TroupeError) -> dict[str, str]:
    """What tells the official clients whether to try again; the run behind the error, where there is one."""
    if not isinstance(wrong, Unanswered):
        return {} if wrong.retryable else {"x-should-retry": "false"}
    return {"x-run-id": wrong.run, "x-should-retry": "false"}  # the run has tried again by itself


def unanswered(run: str, error: dict[str, Any] | None, status: str) -> Unanswered:
    """A run's failure as an error of these doors."""
    if error is None:
        return Unanswered(f"The run was ended: it is {status}.", 502, f"run_{status}", run)
    code = str(error.get("code") or "")
    known = tree().get(code)
    http = _STATUS.get(code) or (400 if code in _CLIENT_SIDE else known.status if known else 502)
    said = f"{error.get('message') or 'The run failed.'} {error.get('hint') or ''}".strip()
    return Unanswered(said, http, _CODES.get(code, code), run)
