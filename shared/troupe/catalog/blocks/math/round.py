"""math.round: a number with fewer digits."""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from typing import Literal

from pydantic import Field

from troupe.catalog.contract import Block, Example, Fields, Refusal, pure
from troupe.catalog.contract import Context as Given

MODES = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "up": ROUND_CEILING, "down": ROUND_FLOOR}
PRECISE = Context(prec=400)


class Round(Block):
    """Round a number to decimal places, as it is written in decimals: 2.675 becomes 2.68.

    Negative places round to tens, hundreds and so on. `half_even` is what banks use; `up` and `down` are towards plus
    and minus infinity.
    """

    title = "Round"
    effect = pure

    class Input(Fields):
        """A number and how to round it."""

        number: float | int = Field(description="The number.", ge=-1e300, le=1e300)
        places: int = Field(0, description="Decimal places.", ge=-20, le=20)
        mode: Literal["half_up", "half_even", "up", "down"] = Field("half_up", description="Which way.")

    class Output(Fields):
        """The number, and as text with exactly these places."""

        number: int | float
        text: str

    examples = (
        Example(title="Money", given={"number": 2.675, "places": 2}, gives={"number": 2.68, "text": "2.68"}),
        Example(
            title="To the even one",
            given={"number": 2.5, "mode": "half_even"},
            gives={"number": 2, "text": "2"},
        ),
        Example(title="Hundreds", given={"number": -1234, "places": -2}, gives={"number": -1200, "text": "-1200"}),
    )
    refuses = (Refusal(given={"number": "many"}), Refusal(given={"number": 1, "places": 21}))

    async def run(self, given: Input, ctx: Given) -> Output:
        exact = Decimal(str(given.number))
        made = exact.quantize(Decimal(1).scaleb(-given.places), MODES[given.mode], PRECISE)
        number = int(made) if given.places <= 0 and abs(made) < 2**53 else float(made)
        return self.Output(number=number, text=f"{made:f}")
