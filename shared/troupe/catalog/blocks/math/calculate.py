"""math.calculate: arithmetic over named numbers."""

from decimal import Decimal

from pydantic import Field

from troupe.catalog.blocks.math._arithmetic import calculate
from troupe.catalog.contract import Block, Context, Example, Fields, Refusal, pure


class Calculate(Block):
    """Compute an expression like `round(price * count * 1.19, 2)` in exact decimals, so that 0.1 + 0.2 is 0.3.

    It knows + - * / // % ^, brackets, and abs, ceil, exp, floor, ln, log10, max, min, round, sqrt.
    """

    title = "Calculate"
    effect = pure
    cpu = True
    timeout = 10.0

    class Input(Fields):
        """An expression and the numbers it names."""

        expression: str = Field(description="What to compute.", min_length=1, max_length=1000)
        numbers: dict[str, float | int] = Field(default={}, description="Numbers by name.", max_length=1000)

    class Output(Fields):
        """The number; whole ones have no decimal point."""

        result: int | float

    examples = (
        Example(
            title="A price with tax",
            given={"expression": "round(price * count * 1.19, 2)", "numbers": {"price": 9.99, "count": 3}},
            gives={"result": 35.66},
        ),
        Example(title="Exact decimals", given={"expression": "(0.1 + 0.2) ^ 2"}, gives={"result": 0.09}),
        Example(title="Whole", given={"expression": "7 // 2 + -7 % 3"}, gives={"result": 5}),
    )
    refuses = (
        Refusal(given={"expression": "1 / 0"}, code="not_computable"),
        Refusal(given={"expression": "9 ^ 9 ^ 9 ^ 9"}, code="not_computable"),
        Refusal(given={"expression": "__import__('os')"}, code="bad_expression"),
        Refusal(given={"expression": "a + 1"}, code="unknown_name"),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        made = calculate(given.expression, {name: Decimal(str(n)) for name, n in given.numbers.items()})
        whole = made == made.to_integral_value() and abs(made) < 2**53
        return self.Output(result=int(made) if whole else float(made))
