"""The names on which infrastructure and product agree: the variables of docs/reference/settings.md."""

from collections.abc import Mapping

from infra.profiles import Profile


def environment(profile: Profile, role: str, more: Mapping[str, str]) -> dict[str, str]:
    """What every door is told: where it is, in which role, and `more`."""
    return {
        "TROUPE_HOME": "/tmp/troupe",  # noqa: S108  the only place where a function may write
        "TROUPE_RUNS_ON": "aws",
        "TROUPE_KEEP_CONNECTIONS": "off" if profile.database_pause_minutes else "on",
        "TROUPE_LOG_LEVEL": "info",
        "POWERTOOLS_SERVICE_NAME": f"troupe-{role}",
        "POWERTOOLS_METRICS_NAMESPACE": "Troupe",
        **more,
    }
