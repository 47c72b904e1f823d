"""logic.assert: go on only if something is true."""

from pydantic import Field

from troupe.base.errors import Rejected
from troupe.catalog.contract import Block, Context, Example, Fields, Refusal, pure


class Assert(Block):
    """Fail with `assertion_failed` unless a condition is true: {condition: "{{ draft.score > 0.8 }}"}."""

    title = "Assert"
    effect = pure

    class Input(Fields):
        """A condition and what to say where it is false."""

        condition: bool = Field(description="What must be true.", strict=True)
        message: str = Field("The condition is false.", description="What the failure says.", max_length=2000)

    class Output(Fields):
        """Always true: a false one fails the step."""

        ok: bool

    examples = (
        Example(title="True", given={"condition": True}, gives={"ok": True}),
        Example(title="With a message", given={"condition": True, "message": "No mails."}, gives={"ok": True}),
    )
    refuses = (
        Refusal(given={"condition": False}, code="assertion_failed"),
        Refusal(given={"condition": "yes"}),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        if not given.condition:
            raise Rejected(given.message, code="assertion_failed")
        return self.Output(ok=True)
