"""Sandbox: `{code, inputs, seconds, memory_mb}` → `{value}`, or `{failed: {kind, code, message, hint}}`.

The function has no rights, no network and no settings; `adapters/aws/sandbox` asks it.
"""

from typing import TYPE_CHECKING, Any

from functions.loop import close_loop, complete
from troupe.base.errors import Rejected, StepFailed
from troupe.base.values import dump

if TYPE_CHECKING:
    from troupe.adapters.embedded.sandbox import MontySandbox

MOST = 6_000_000  # bytes of an answer; Lambda carries 6 MiB
_made: "list[MontySandbox]" = []


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """The door."""
    return complete(answer(event))


async def answer(event: dict[str, Any]) -> dict[str, Any]:
    """The value, or how the code failed."""
    from troupe.adapters.embedded.sandbox import MontySandbox

    if not _made:
        _made.append(MontySandbox())
    try:
        value = await _made[0].run(
            event["code"], event["inputs"], seconds=event["seconds"], memory_mb=event["memory_mb"]
        )
        if len(dump(value)) > MOST:
            raise Rejected("The result is too large; give less, or write it to a file.", code="too_much_memory")
    except StepFailed as wrong:
        failed = {"kind": type(wrong).code, "code": wrong.code, "message": wrong.message, "hint": wrong.hint}
        return {"failed": failed}
    return {"value": value}


def close() -> None:
    """End what is kept between calls."""
    while _made:
        complete(_made.pop().close())
    close_loop()
