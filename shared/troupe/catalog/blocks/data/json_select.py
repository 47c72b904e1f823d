"""data.json_select: a part of a value, by its path."""

from pydantic import Field

from troupe.catalog.blocks.data._paths import EACH, find, read_path
from troupe.catalog.contract import Block, Context, Example, Fields, Json, Refusal, pure


class JsonSelect(Block):
    """Take a part out of a value by a path: `$.orders[0].total`, `orders[*].id`, or a JSON Pointer like `/orders/0`.

    With `[*]` or `.*` the value is a list of all that is found; without, it is the one value, or the default.
    """

    title = "Select from JSON"
    effect = pure
    cpu = True

    class Input(Fields):
        """A value and a path into it."""

        data: Json = Field(description="Where to look.")
        path: str = Field(description="What to take; $ is the whole value.", min_length=1, max_length=1000)
        default: Json = Field(default=None, description="What to give where there is nothing at the path.")

    class Output(Fields):
        """What stands at the path, and how many values that is."""

        value: Json
        found: bool
        count: int

    examples = (
        Example(
            title="One value",
            given={"data": {"orders": [{"id": 7}]}, "path": "$.orders[-1].id"},
            gives={"value": 7, "found": True, "count": 1},
        ),
        Example(
            title="One of each",
            given={"data": {"orders": [{"id": 7}, {"id": 9}, {}]}, "path": "orders[*].id"},
            gives={"value": [7, 9], "found": True, "count": 2},
        ),
        Example(
            title="A pointer to nothing",
            given={"data": {"a b": [1]}, "path": "/a b/3", "default": 0},
            gives={"value": 0, "found": False, "count": 0},
        ),
    )
    refuses = (
        Refusal(given={"data": {}, "path": ""}),
        Refusal(given={"data": {}, "path": "$.a[?(@.b)]"}, code="bad_path"),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        steps = read_path(given.path)
        values = find(given.data, steps)
        one = values[0] if values else given.default
        return self.Output(value=values if EACH in steps else one, found=bool(values), count=len(values))
