"""Prices: what AWS publishes, in dollars, and what follows from them for counts. No account is needed."""

from dataclasses import dataclass, fields

AS_OF = "2026-11"  # list prices of us-east-1 without free tiers; check them before you decide
TRANSITION = 25.0 / 1e6  # Step Functions, standard workflows
REQUEST = 0.20 / 1e6  # a call of Lambda
GB_SECOND = 0.0000133334  # Lambda on arm64
MESSAGE = 0.40 / 1e6  # a request to SQS: sending, receiving, deleting up to 10 messages or 64 KB
API_CALL = 1.00 / 1e6  # HTTP API
LOG_GB = 0.50  # CloudWatch Logs, taken in
FARGATE_HOUR = 0.5 * 0.03238 + 1.0 * 0.00356  # 0.5 vCPU and 1 GB, arm64
MONTH = 730.0  # hours
MEMORY = 1.0  # GB of each function that works on runs
LOG_BYTES = 1500  # that Lambda and Troupe write for a call

# What stands still costs too. Dollars a month of profile `lean` while nobody uses it.
IDLE_LEAN = {
    "Aurora, 0 capacity units while it sleeps": 0.0,
    "Aurora, four sweeps a day that wake it (5 minutes of 0.5 units each)": 4 * 365 / 12 * (5 / 60) * 0.5 * 0.12,
    "Aurora storage and backups, 1 GB": 0.1,
    "NAT machine, t4g.nano": MONTH * 0.0042,
    "a public IPv4 address": MONTH * 0.005,
    "cache, 100 MB at least": MONTH * 0.1 * 0.084,
    "a key and two secrets": 1.0 + 2 * 0.40,
    "SQS, asked by Lambda's five pollers": 5 * 3 * 60 * MONTH * MESSAGE,
    "functions, API, state machine, bus, web app, people": 0.0,
}


@dataclass(frozen=True)
class Counts:
    """What one run of a shape comes to. `seconds` are those of all function calls, waiting for models included."""

    transitions: float = 0.0
    invocations: float = 0.0
    seconds: float = 0.0
    messages: float = 0.0
    api: float = 0.0

    def __mul__(self, times: float) -> "Counts":
        return Counts(*(getattr(self, field.name) * times for field in fields(self)))


def dollars(counts: Counts) -> dict[str, float]:
    """By line. The database is left out: it is the same for every shape that keeps a journal."""
    return {
        "transitions": counts.transitions * TRANSITION,
        "calls": counts.invocations * REQUEST,
        "seconds": counts.seconds * MEMORY * GB_SECOND,
        "messages": counts.messages * MESSAGE,
        "api": counts.api * API_CALL,
        "logs": counts.invocations * LOG_BYTES / 1e9 * LOG_GB,
    }


def container_month() -> float:
    """Dollars of the smallest task that is always on."""
    return FARGATE_HOUR * MONTH
