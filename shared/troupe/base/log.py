"""Log: JSON lines on standard error, secrets struck out."""

import json
import logging
import re
import sys
from datetime import UTC, datetime

_SECRETS = re.compile(
    r"(?i)((?<![\w-])[\w-]*(?:api[_-]?key|token|password|secret|authorization)[\"']?\s*[:=]\s*[\"']?(?:(?:bearer|basic)\s+)?"
    r"|\bbearer\s+)[^\s\"',&}]{6,}"
    r"|\b(?:sk|pk|ghp|xox[abp]|trp)[-_][A-Za-z0-9_-]{10,}|://[^/\s:@]+:[^@\s]+@"
)


def redact(text: str) -> str:
    """The text with everything that looks like a credential struck out."""
    return _SECRETS.sub(lambda m: f"{m[1] or ''}[redacted]", text)


class JsonLines(logging.Formatter):
    """One JSON object a line: at, level, logger, message, and whatever `extra={"fields": {…}}` adds."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact(record.getMessage()),
            **{k: redact(v) if isinstance(v, str) else v for k, v in getattr(record, "fields", {}).items()},
        }
        if record.exc_info:
            line["trace"] = redact(self.formatException(record.exc_info))
        return json.dumps(line, default=str)


def configure(level: str = "info") -> None:
    """Send all logs of the process to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
