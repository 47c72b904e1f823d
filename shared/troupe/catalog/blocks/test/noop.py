"""A step that does nothing, durably: for tests and benchmarks."""

import asyncio

from pydantic import Field

from troupe.catalog.contract import Block, Context, Example, Fields, Json, Refusal, idempotent


class Noop(Block):
    """Give back what it was given, perhaps after a pause."""

    title = "Do nothing"
    effect = idempotent
    hidden = True

    class Input(Fields):
        value: Json = Field(default=None, description="What to give back.")
        sleep_ms: int = Field(default=0, ge=0, le=1000, description="Milliseconds to wait before.")

    class Output(Fields):
        value: Json = Field(description="What was given.")

    examples = [
        Example(given={"value": 7}, gives={"value": 7}),
        Example(title="Nothing in, nothing out", given={}, gives={"value": None}),
    ]
    refuses = [Refusal(given={"sleep_ms": -1})]

    async def run(self, given: Input, ctx: Context) -> Output:
        if given.sleep_ms:
            await asyncio.sleep(given.sleep_ms / 1000)
        return self.Output(value=given.value)
