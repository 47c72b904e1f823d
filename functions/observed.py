"""Observed: what every function tells of itself, by Powertools: log lines with the call's id, counts as metrics.

Lines carry what `base/log` would write and nothing that looks like a credential. Metrics go to CloudWatch by the log
(embedded metric format), under the namespace Troupe.
"""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from troupe.base.log import redact

Door = Callable[[dict[str, Any], Any], dict[str, Any]]


class Lines(LambdaPowertoolsFormatter):
    """Powertools' lines, secrets struck out."""

    def format(self, record: logging.LogRecord) -> str:
        for name, value in getattr(record, "fields", {}).items():
            setattr(record, name, value)
        return redact(super().format(record))


logger = Logger(service="troupe", logger_formatter=Lines(utc=True))
metrics = Metrics(namespace="Troupe", service="troupe")
logging.basicConfig(handlers=logger.handlers, level=logging.INFO, force=True)
logging.getLogger("botocore").setLevel(logging.WARNING)


def observed(door: Door) -> Door:
    """The door, with its call's id in each line; its calls, cold starts and counts as metrics."""

    @wraps(door)
    def counted(event: dict[str, Any], context: Any) -> dict[str, Any]:
        count("Calls")
        return door(event, context)

    with_lines: Door = logger.inject_lambda_context(counted)  # pyright: ignore
    return metrics.log_metrics(with_lines, capture_cold_start_metric=True)  # pyright: ignore


def count(name: str, number: float = 1) -> None:
    """Add to a metric of this call."""
    metrics.add_metric(name=name, unit="Count", value=number)
