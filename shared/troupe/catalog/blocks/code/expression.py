"""code.expression: the value of a CEL expression."""

from pydantic import Field

from troupe.catalog.contract import Block, Context, Example, Fields, Json, Refusal, pure


class Expression(Block):
    """Evaluate an expression that is itself data, in CEL, the language of `when` and of braces.

    It sees the given variables and nothing else. Where the expression is known beforehand, braces do the same.
    """

    title = "Evaluate an expression"
    effect = pure

    class Input(Fields):
        """An expression and its variables."""

        expression: str = Field(description="CEL, without braces.", min_length=1, max_length=10_000)
        variables: dict[str, Json] = Field(default={}, description="Values by name.", max_length=1000)

    class Output(Fields):
        """Its value."""

        value: Json

    examples = (
        Example(
            title="A rule from a table",
            given={"expression": "order.total > 100 && order.land in ['FR', 'IT']",
                   "variables": {"order": {"total": 120, "land": "IT"}}},
            gives={"value": True},
        ),
        Example(
            title="A list",
            given={"expression": "xs.filter(x, x > 1).map(x, x * 2)", "variables": {"xs": [1, 2, 3]}},
            gives={"value": [4, 6]},
        ),
    )  # fmt: skip
    refuses = (
        Refusal(given={"expression": "1 +"}, code="bad_expression"),
        Refusal(given={"expression": "secret"}, code="unknown_name"),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        return self.Output(value=await ctx.expressions.evaluate(given.expression, given.variables))
