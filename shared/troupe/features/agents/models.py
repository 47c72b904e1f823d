"""What is sent to an agent."""

from typing import Any

from pydantic import BaseModel, Field, JsonValue


class StartAgentRun(BaseModel, frozen=True, extra="forbid"):
    """A message, and the agent's variables; `message` may stand in `input` instead. `budget`: dollars at most."""

    message: str | None = Field(None, max_length=1_000_000)
    input: dict[str, JsonValue] = {}
    dry_run: bool = False
    budget: float | None = Field(None, ge=0, le=1e9)

    def given(self) -> dict[str, Any]:
        """The run's input."""
        return self.input if self.message is None else {**self.input, "message": self.message}
