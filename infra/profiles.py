"""Profiles: every choice that costs money or buys safety, in one place. Prices are in docs/deploy.md."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Profile:
    """One shape of a deployment. `egress`: how private subnets reach the Internet over IPv4."""

    name: str
    zones: int = 2
    egress: Literal["gateways", "instance"] = "gateways"
    gateways: int = 1  # NAT gateways; one a zone survives the loss of a zone
    endpoints: tuple[str, ...] = ()  # AWS services that are reached by interface endpoints
    database_min: float = 0.5  # Aurora capacity units; 0 lets it pause
    database_max: float = 16.0
    database_pause_minutes: int | None = None
    database_reader: bool = False
    database_proxy: bool = False
    backup_days: int = 7
    cache_gb: int = 5  # the most that the cache may hold
    balancer: bool = True  # streams and the web's own doors run as services behind a load balancer
    streams: int = 1  # Fargate tasks of the service `stream`
    workers: int = 10  # Fargate tasks at most that take steps longer than ten minutes, one each; 0 refuses such steps
    workers_ready: int = 0  # of those, how many wait for work; the first one else takes a minute or more to come
    calls_at_once: int = 150  # calls of the API at once, and as many of the WebSocket API
    advance_at_once: int = 50  # slices under way at once: as many connections to the database
    sweep: str = "rate(5 minutes)"
    first_slice: Literal["machine", "queue"] = "queue"  # what takes a new run's first slice: docs/reference/costs.md
    mail_from: str = ""  # a sender that SES has verified
    firewall: bool = False
    tracing: bool = True
    log_days: int = 30
    spot: bool = False
    url: str = ""  # where people reach it, without a slash at the end; known once the first deployment has told it
    tags: dict[str, str] = field(default_factory=dict[str, str])


STANDARD = Profile("standard")
LEAN = Profile(
    "lean", egress="instance", database_min=0, database_max=8, database_pause_minutes=5, backup_days=3, cache_gb=1,
    balancer=False, streams=0, workers=0, calls_at_once=100, advance_at_once=20, sweep="rate(6 hours)", tracing=False,
    log_days=14, spot=True,
)  # fmt: skip
HA = Profile(
    "ha", zones=3, gateways=3, endpoints=("kms", "secretsmanager", "sqs", "states", "lambda"), database_min=1,
    database_max=64, database_reader=True, database_proxy=True, backup_days=35, cache_gb=20, streams=2,
    workers=50, workers_ready=1, calls_at_once=200, advance_at_once=200, firewall=True, log_days=90,
)  # fmt: skip
PROFILES = {profile.name: profile for profile in (STANDARD, LEAN, HA)}


def named(name: str) -> Profile:
    """The profile of this name. Raises SystemExit with the names there are."""
    if name not in PROFILES:
        raise SystemExit(f"There is no profile {name!r}; choose one of {', '.join(PROFILES)}.")
    return PROFILES[name]
