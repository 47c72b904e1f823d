"""Results of tools, and failures, as a model reads them."""

from troupe.base.errors import StepFailed
from troupe.base.values import Json


def result_text(value: Json, dumped: bytes) -> str:
    """What the model reads of a result: a text as it is, all else as JSON."""
    if isinstance(value, dict) and list(value) == ["text"] and isinstance(value["text"], str):
        return value["text"]
    return value if isinstance(value, str) else dumped.decode()


def told(failed: StepFailed) -> str:
    """A failure as the model reads it."""
    said = f"Error ({failed.code}): {failed.message}"
    return f"{said} {failed.hint}" if failed.hint else said
