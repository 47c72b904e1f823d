"""Results of tools, and failures, as a model reads them."""

from troupe.base.errors import StepFailed
from troupe.base.values import Json, dump


def result_text(value: Json) -> str:
    """What the model reads of a result: JSON, but a text of several lines as it is, below the rest."""
    if isinstance(value, str):
        return value
    text = value.get("text") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(text, str) or (len(value) > 1 and "\n" not in text):
        return dump(value).decode()
    rest = {name: inner for name, inner in value.items() if name != "text"}
    return f"{dump(rest).decode()}\n\n{text}" if rest else text


def told(failed: StepFailed) -> str:
    """A failure as the model reads it."""
    said = f"Error ({failed.code}): {failed.message}"
    return f"{said} {failed.hint}" if failed.hint else said
