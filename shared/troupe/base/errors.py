"""The one tree of errors. The docstring of a class is its message; status and retry come from the class.

    TroupeError                     500        something in Troupe itself failed
    ├── BadInput                    422        what was sent cannot be used; `problems` says where
    │   └── TooLarge                413
    ├── Unauthorized                401
    ├── Forbidden                   403
    ├── NotFound                    404        missing and foreign read the same
    ├── Conflict                    409
    ├── TooManyRequests             429 retry  our own limit
    ├── Unavailable                 503 retry  a part of Troupe does not answer
    └── StepFailed                  502        an attempt of a step ended without a result
        ├── TimedOut                504 retry  `timed_out`: no answer in time; it may have happened
        ├── ConnectionLost          502 retry  `connection_lost`: cut while waiting; it may have happened
        ├── ServerFailed            502 retry  `server_failed`: the far side answered 5xx
        ├── GivenUp                 502        `given_up`: a person settled an unknown step so
        ├── Cancelled               502        `cancelled`: the run was ended
        └── NotDone                 502        vouches that nothing happened outside
            ├── Unreachable         502 retry  `unavailable`: refused or unresolved before anything was sent
            ├── RateLimited         502 retry  `rate_limited`: the far side asks to wait; `retry_after` seconds
            ├── EgressRefused       502        `egress_refused`: the guarded client does not go there
            ├── Refused             502        `refused`: a definite no (4xx)
            ├── OverBudget          402        `over_budget`: the reservation was not granted
            └── Rejected            502        `rejected`: the block cannot use this input

`retry.on` in a workflow names the `code`s whose class retries.
"""

import re
from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True)
class Problem:
    """One thing wrong with an input: where (`path`, JSON-pointer-like; line and column from 1) and what to do."""

    path: str
    code: str
    message: str
    hint: str = ""
    line: int | None = None
    column: int | None = None


class TroupeError(Exception):
    """Something in Troupe itself failed."""

    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False
    code: str = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "code" not in cls.__dict__:
            cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(self, message: str = "", *, code: str = "", hint: str = "") -> None:
        self.message = message or (type(self).__doc__ or "").split("\n")[0]
        self.code = code or type(self).code
        self.hint = hint
        super().__init__(self.message)


TroupeError.code = "internal"


class BadInput(TroupeError):
    """What was sent cannot be used as it is."""

    status = 422

    def __init__(
        self, message: str = "", *, problems: list[Problem] | None = None, code: str = "", hint: str = ""
    ) -> None:
        self.problems = problems or []
        if not message and self.problems:
            first = self.problems[0]
            message = f"{first.path}: {first.message}" if first.path else first.message
        super().__init__(message, code=code, hint=hint)


class TooLarge(BadInput):
    """The request is larger than Troupe takes here; send large content through /files."""

    status = 413


class Unauthorized(TroupeError):
    """No valid token came with the request."""

    status = 401


class Forbidden(TroupeError):
    """This role may not do that."""

    status = 403


class NotFound(TroupeError):
    """Nothing with this name or id in this workspace."""

    status = 404


class Conflict(TroupeError):
    """The state of the thing does not admit that now."""

    status = 409


class TooManyRequests(TroupeError):
    """Too many requests; wait and try again."""

    status = 429
    retryable = True


class Unavailable(TroupeError):
    """A part that Troupe needs does not answer now; try again shortly."""

    code = "service_unavailable"
    status = 503
    retryable = True


class StepFailed(TroupeError):
    """The step ended without a result."""

    status = 502
    node: str | None = None  # where it happened, told on the way up
    step: str | None = None
    partial: str = ""  # what was told of an answer before it broke off


class TimedOut(StepFailed):
    """No answer came in time."""

    status = 504
    retryable = True


class ConnectionLost(StepFailed):
    """The connection broke while waiting for the answer."""

    retryable = True


class ServerFailed(StepFailed):
    """The far side reported a failure of its own."""

    retryable = True


class GivenUp(StepFailed):
    """A person settled the unclear step as given up."""


class Cancelled(StepFailed):
    """The run was ended while this step was going on."""


class NotDone(StepFailed):
    """Nothing happened outside: whoever raises this vouches for it."""


class Unreachable(NotDone):
    """The far side could not be reached; nothing was sent."""

    code = "unavailable"
    retryable = True


class RateLimited(NotDone):
    """The far side asks to slow down."""

    retryable = True

    def __init__(self, message: str = "", *, retry_after: float | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class EgressRefused(NotDone):
    """Troupe does not connect to this address."""


class Refused(NotDone):
    """The far side refused."""


class OverBudget(NotDone):
    """The budget does not cover this call."""

    status = 402


class Rejected(NotDone):
    """The block cannot use this input."""


def tree(root: type[TroupeError] = TroupeError) -> dict[str, type[TroupeError]]:
    """Every code of the tree and its class."""
    found = {root.code: root}
    for child in root.__subclasses__():
        found.update(tree(child))
    return found


@dataclass(frozen=True)
class Failure:
    """A failure as the journal and the API carry it: the five fields of a run's `error`."""

    code: str
    message: str
    retryable: bool = False
    hint: str = ""
    node: str | None = None
    step: str | None = None
    problems: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
