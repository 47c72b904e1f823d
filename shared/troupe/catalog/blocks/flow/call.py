"""flow.call: another workflow, as a run below this one."""

from typing import Any, cast

from pydantic import Field

from troupe.base.values import Json as AnyJson
from troupe.catalog.contract import Block, Example, Fields, Json, ProgramRun, Refusal, once, read
from troupe.ports.run import Attempt, Child, Retry, Step

GRAPH = "graph"  # the registered program that plays a workflow's version


class Call(Block):
    """Run another workflow of this workspace and rest until it ends; its failure is this step's.

    The reference is resolved once, when the step is reached: name is the version in production, or else the newest;
    name@staging is an alias, name@3 a version. The input must fit the other workflow's.
    """

    title = "Call a workflow"
    effect = once

    class Input(Fields):
        """Which workflow, and its input."""

        workflow: str = Field(
            description="name, name@alias or name@version.", pattern=r"^[^@]{1,100}(@[a-z0-9][a-z0-9_-]{0,62})?$"
        )
        input: Json = Field(default={}, description="What it is given.")

    class Output(Fields):
        """What it gave."""

        output: Json

    examples = (
        Example(
            title="The version in production",
            given={"workflow": "triage@production", "input": {"text": "Hello"}},
            gives={"output": {"label": "praise"}},
        ),
        Example(title="A version", given={"workflow": "report@3"}, gives={"output": {}}),
    )
    refuses = (Refusal(given={"workflow": ""}), Refusal(given={"workflow": "a@b@c"}))

    async def program(self, given: Input, run: ProgramRun) -> Output:
        async def resolve(_args: AnyJson, attempt: Attempt) -> AnyJson:
            found = await run.context(attempt).workflows.resolve(given.workflow, given.input)
            return {"version": found["version"], "subject": found["subject"]}

        asked = cast(AnyJson, {"workflow": given.workflow, "input": given.input})
        resolving = Step(read, resolve, block="flow.call", timeout=30.0, retry=Retry(attempts=4))
        found: Any = await run.step("resolve", resolving, asked)
        child = Child(GRAPH, cast(AnyJson, given.input), version=found["version"], subject=found["subject"])
        return self.Output.model_validate({"output": await run.call("", child)})
