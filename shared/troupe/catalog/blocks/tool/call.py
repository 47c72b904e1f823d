"""tool.call: a tool of one of the workspace's connections."""

from typing import Any, cast

from pydantic import Field

from troupe.base.values import Json as AnyJson
from troupe.catalog.contract import Block, Example, Fields, Json, ProgramRun, Refusal, once, read
from troupe.ports.run import NO_RETRY, Attempt, Effect, Retry, Step

AGAIN = Retry(attempts=3, first=0.5, max=10.0)  # of what is harmless to repeat


class CallTool(Block):
    """Use a tool of a connection: an operation of a service, or a tool of an MCP server.

    The tool is looked up when the step is reached, and used as it was then: if it has changed in between, nothing is
    done. Its effect class says what happens when the outcome is unclear.
    """

    title = "Use a tool"
    effect = once

    class Input(Fields):
        """Which tool, and its arguments."""

        connection: str = Field(description="The connection, by name.", min_length=1, max_length=100)
        tool: str = Field(description="The tool's name.", pattern=r"^[A-Za-z0-9_-]{1,64}$")
        arguments: dict[str, Json] = Field(default={}, description="What it is given, by its input schema.")

    class Output(Fields):
        """What it gave."""

        result: Json

    examples = (
        Example(
            title="Read an issue",
            given={"connection": "github", "tool": "issues_get", "arguments": {"issue_number": 7}},
            gives={"result": {"title": "It rains in"}},
        ),
        Example(title="Without arguments", given={"connection": "desk", "tool": "ping"}, gives={"result": "pong"}),
    )
    refuses = (Refusal(given={"connection": "desk", "tool": "a b"}), Refusal(given={"connection": "", "tool": "a"}))

    async def program(self, given: Input, run: ProgramRun) -> Output:
        async def find(_args: AnyJson, attempt: Attempt) -> AnyJson:
            found = (await run.context(attempt).tools.find(given.connection, [given.tool]))[0]
            return {"effect": found["effect"], "pin": found["pin"]}

        asked: AnyJson = {"connection": given.connection, "tool": given.tool}
        finding = Step(read, find, block="tool.call", timeout=30.0, retry=Retry(attempts=4))
        found: Any = await run.step("find", finding, asked)
        effect = Effect(found["effect"])

        async def use(args: AnyJson, attempt: Attempt) -> AnyJson:
            tools = run.context(attempt).tools
            return cast(AnyJson, await tools.call(given.connection, given.tool, cast(Any, args), pin=found["pin"]))

        using = Step(
            effect, use, block=f"{given.connection}/{given.tool}", timeout=self.timeout,
            retry=NO_RETRY if effect.lasting else AGAIN, simulated={"simulated": True},
        )  # fmt: skip
        return self.Output(result=cast(Json, await run.step("", using, cast(AnyJson, given.arguments))))
