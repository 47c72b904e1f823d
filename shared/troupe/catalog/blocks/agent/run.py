"""agent.run: an agent answers a message, as a run below this one."""

from typing import Any, cast

from pydantic import Field

from troupe.base.values import Json as AnyJson
from troupe.catalog.contract import Block, Example, Fields, Json, ProgramRun, Refusal, once, read
from troupe.ports.run import Attempt, Child, Retry, Step

AGENT = "agent"  # the registered program that plays an agent's version


class RunAgent(Block):
    """Let an agent of this workspace answer a message and rest until it has; its failure is this step's.

    The agent acts by its own tools, limits and approvals. The reference is resolved once, when the step is reached:
    name is the version in production, or else the newest; name@staging is an alias, name@3 a version.
    """

    title = "Run an agent"
    effect = once

    class Input(Fields):
        """Which agent, the message, and its variables."""

        agent: str = Field(
            description="name, name@alias or name@version.", pattern=r"^[^@]{1,100}(@[a-z0-9][a-z0-9_-]{0,62})?$"
        )
        message: str = Field(description="What it is to answer.", max_length=1_000_000)
        input: dict[str, Json] = Field(default={}, description="Variables of its instructions.")

    class Output(Fields):
        """Its answer; `data` where it has an output schema, `turns` of its model."""

        text: str
        data: Json = None
        model: str = ""
        turns: int = 0

    examples = (
        Example(
            title="The version in production",
            given={"agent": "support@production", "message": "Where is my order?"},
            gives={"text": "It is on its way.", "data": None, "model": "demo/demo (rules, no AI)", "turns": 1},
        ),
        Example(
            title="With variables",
            given={"agent": "writer@2", "message": "A headline.", "input": {"tone": "dry"}},
            gives={"text": "Rain again.", "data": {"words": 2}, "model": "demo/demo (rules, no AI)", "turns": 2},
        ),
    )
    refuses = (Refusal(given={"agent": "", "message": "x"}), Refusal(given={"agent": "a@b@c", "message": "x"}))

    async def program(self, given: Input, run: ProgramRun) -> Output:
        asked = cast(AnyJson, {**given.input, "message": given.message})

        async def resolve(_args: AnyJson, attempt: Attempt) -> AnyJson:
            found = await run.context(attempt).agents.resolve(given.agent, cast(Json, asked))
            return {"version": found["version"], "subject": found["subject"]}

        resolving = Step(read, resolve, block="agent.run", timeout=30.0, retry=Retry(attempts=4))
        found: Any = await run.step("resolve", resolving, {"agent": given.agent, "input": asked})
        child = Child(AGENT, asked, version=found["version"], subject=found["subject"])
        return self.Output.model_validate(await run.call("", child))
