"""Sandbox in a function of its own, without rights and without a network; in it lies the interpreter of the laptop.

A container that the code brings down is gone; the next call is given another one.
"""

from typing import Any

import orjson

from troupe.adapters.aws._client import Aws
from troupe.base.errors import Rejected, ServerFailed, StepFailed, TimedOut, tree
from troupe.base.values import Json, dump, read_json

LONGEST = 60.0  # seconds that code may take; the function's own limit lies above
MOST = 6_000_000  # bytes of a question; Lambda carries 6 MiB


class LambdaSandbox:
    """The sandbox port. `function`: name or ARN. `close` does nothing: nothing of it is here."""

    def __init__(self, aws: Aws, function: str) -> None:
        self.function = function
        self._lambda = aws.client("lambda", repeat=False, timeout=LONGEST + 15)

    async def run(self, code: str, inputs: dict[str, Json], *, seconds: float = 5.0, memory_mb: int = 128) -> Json:
        """The value of the last expression, `inputs` being its variables."""
        seconds = min(seconds, LONGEST)
        payload = dump({"code": code, "inputs": inputs, "seconds": seconds, "memory_mb": memory_mb})
        if len(payload) > MOST:
            raise Rejected("Code and inputs are too large; pass less.", code="too_large")
        answer = await self._lambda.run(lambda client: self._ask(client, payload))
        return _read(answer, seconds)

    def _ask(self, client: Any, payload: bytes) -> tuple[bool, bytes]:
        answer = client.invoke(FunctionName=self.function, Payload=payload)
        return "FunctionError" in answer, answer["Payload"].read()

    async def close(self) -> None:
        """Nothing to end."""


def _read(answer: tuple[bool, bytes], seconds: float) -> Json:
    broken, raw = answer
    if broken:
        raise _broken(orjson.loads(raw), seconds)
    said: Any = read_json(raw)
    failed = said.get("failed")
    if failed is None:
        return said["value"]
    kind = tree().get(failed["kind"], ServerFailed)
    raise kind(failed["message"], code=failed["code"], hint=failed["hint"])


def _broken(said: dict[str, Any], seconds: float) -> StepFailed:
    """The function itself was ended: by its time, by the kernel for its memory, or by an error of ours."""
    kind, message = str(said.get("errorType", "")), str(said.get("errorMessage", ""))
    if "Task timed out" in message:
        return TimedOut(f"The code was stopped after {seconds:g} s.")
    if kind == "Runtime.ExitError" or "signal: killed" in message:
        return Rejected("The code uses too much memory.", code="too_much_memory")
    return ServerFailed(f"The sandbox failed ({kind[:100]}).")
