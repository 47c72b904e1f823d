"""logic.switch: one of several cases, by a value."""

from pydantic import Field

from troupe.base.errors import Rejected
from troupe.catalog.blocks._limits import as_text
from troupe.catalog.contract import Block, Context, Example, Fields, Json, Refusal, pure


class Switch(Block):
    """Find the case a value is of; later nodes ask `when: switch.case == "…"`, or take what the case stands for.

    Values are compared as text, exactly: 7 and "7" are the case "7", true is the case "true".
    """

    title = "Switch"
    effect = pure

    class Input(Fields):
        """A value and the cases."""

        value: Json = Field(description="What decides.")
        cases: dict[str, Json] = Field(description="Each case, and what it stands for.", min_length=1, max_length=200)
        otherwise: Json = Field(default=None, description="What stands for all else.")
        strict: bool = Field(default=False, description="Fail with `no_case` where no case fits.")

    class Output(Fields):
        """The case ("" where none fits), and what it stands for."""

        case: str
        result: Json

    examples = (
        Example(
            title="A queue by priority",
            given={"value": "high", "cases": {"high": "phone", "low": "mail"}},
            gives={"case": "high", "result": "phone"},
        ),
        Example(
            title="None of them",
            given={"value": 3, "cases": {"1": "one"}, "otherwise": "many"},
            gives={"case": "", "result": "many"},
        ),
    )
    refuses = (
        Refusal(given={"value": 1, "cases": {}}),
        Refusal(given={"value": 1, "cases": {"2": None}, "strict": True}, code="no_case"),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        case = as_text(given.value)
        if case in given.cases:
            return self.Output(case=case, result=given.cases[case])
        if given.strict:
            raise Rejected(f"No case fits the value {case[:100]!r}.", code="no_case")
        return self.Output(case="", result=given.otherwise)
