"""Sandbox: where code that a user or a model wrote runs, without files, network, environment or time to waste."""

from typing import Protocol

from troupe.base.values import Json


class Sandbox(Protocol):
    """A bounded interpreter of a Python subset."""

    async def run(self, code: str, inputs: dict[str, Json], *, seconds: float = 5.0, memory_mb: int = 128) -> Json:
        """The value of the last expression, `inputs` being its variables.

        Raises Rejected with line and message for an error in the code, TimedOut, or Rejected(code="too_much_memory").
        """
        ...
