"""flow.wait: rest until a message comes."""

from pydantic import Field

from troupe.base.errors import TimedOut
from troupe.catalog.blocks.flow._duration import Duration
from troupe.catalog.contract import Block, Example, Fields, Json, ProgramRun, Refusal, pure
from troupe.ports.run import Expired, Signal


class Wait(Block):
    """Let the run rest until somebody sends it a signal of this name.

    A signal that comes early is kept. Where none comes in time, the step gives `received: false`, or fails.
    """

    title = "Wait for a signal"
    effect = pure

    class Input(Fields):
        """What to wait for."""

        signal: str = Field(description="The signal's name.", pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,199}$")
        expires: Duration | None = Field(None, description="Seconds, or a span like 2h or 3d; empty waits for ever.")
        must: bool = Field(default=False, description="Fail with `timed_out` where none comes in time.")

    class Output(Fields):
        """Whether it came, and what it brought."""

        received: bool
        payload: Json

    examples = (
        Example(
            title="A payment",
            given={"signal": "paid", "expires": "3d"},
            gives={"received": True, "payload": {"amount": 12}},
        ),
        Example(title="For ever", given={"signal": "go"}, gives={"received": True, "payload": None}),
    )
    refuses = (Refusal(given={"signal": ""}), Refusal(given={"signal": "$approval/x"}))

    async def program(self, given: Input, run: ProgramRun) -> Output:
        try:
            payload = await run.wait("", Signal(given.signal, given.expires))
        except Expired:
            if given.must:
                raise TimedOut(f"No signal {given.signal!r} came in time.") from None
            return self.Output(received=False, payload=None)
        return self.Output.model_validate({"received": True, "payload": payload})
