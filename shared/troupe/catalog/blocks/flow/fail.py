"""flow.fail: end here, with a failure."""

from pydantic import Field

from troupe.base.errors import Rejected
from troupe.base.values import Json
from troupe.catalog.contract import Block, Example, Fields, ProgramRun, Refusal, pure
from troupe.ports.run import Attempt, Step


class Fail(Block):
    """Fail on purpose, with a message and a code that says what kind of failure it is. It is never retried."""

    title = "Fail"
    effect = pure

    class Input(Fields):
        """What to say."""

        message: str = Field(description="What happened and what to do.", min_length=1, max_length=2000)
        code: str = Field("failed_on_purpose", description="The error's code.", pattern=r"^[a-z][a-z0-9_]{0,62}$")

    class Output(Fields):
        """Never given."""

    examples = (
        Example(title="No customer", given={"message": "The customer is unknown.", "code": "unknown_customer"}),
        Example(title="Just so", given={"message": "This branch must not be reached."}),
    )
    refuses = (
        Refusal(given={"message": ""}),
        Refusal(given={"message": "Stop.", "code": "No Stock"}),
    )

    async def program(self, given: Input, run: ProgramRun) -> Output:
        async def fail(_args: Json, _attempt: Attempt) -> Json:
            raise Rejected(given.message, code=given.code)

        await run.step("", Step(pure, fail, block="flow.fail"), given.model_dump())
        raise AssertionError("unreachable: the step fails")
