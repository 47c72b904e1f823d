"""code.python: a piece of Python, in the sandbox."""

from typing import Any, cast

from pydantic import Field

from troupe.catalog.contract import Block, Context, Example, Fields, Json, Refusal, pure


class Python(Block):
    """Run Python in a sandbox: a subset of the language without files, network, clock or packages.

    The inputs are its variables; the value of the last expression is the result. Time and memory are limited.
    """

    title = "Run Python"
    effect = pure
    timeout = 90.0

    class Input(Fields):
        """The code, its variables and its limits."""

        code: str = Field(description="The code; its last expression is the result.", min_length=1, max_length=100_000)
        inputs: dict[str, Json] = Field(default={}, description="Variables by name.", max_length=200)
        seconds: float = Field(5.0, description="Seconds it may take.", gt=0, le=60)
        memory_mb: int = Field(128, description="Memory it may use, in MB.", ge=16, le=512)

    class Output(Fields):
        """The result."""

        result: Json

    examples = (
        Example(
            title="Totals",
            given={
                "code": "total = 0\nfor row in rows:\n    total += row['price']\n{'total': total, 'rows': len(rows)}",
                "inputs": {"rows": [{"price": 2}, {"price": 5}]},
            },
            gives={"result": {"total": 7, "rows": 2}},
        ),
        Example(title="A word", given={"code": "'-'.join(sorted(words))", "inputs": {"words": ["b", "a"]}},
                gives={"result": "a-b"}),
    )  # fmt: skip
    refuses = (
        Refusal(given={"code": "1 / 0"}, code="code_failed"),
        Refusal(given={"code": "open('/etc/passwd').read()"}, code="code_failed"),
        Refusal(given={"code": "x", "inputs": {"not a name": 1}}, code="bad_input"),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        made = await ctx.sandbox.run(
            given.code, cast(Any, given.inputs), seconds=given.seconds, memory_mb=given.memory_mb
        )
        return self.Output.model_validate({"result": made})
