"""data.json_merge: several objects as one."""

from typing import Any, Literal

from pydantic import Field

from troupe.catalog.contract import Block, Context, Example, Fields, Json, Refusal, pure


class JsonMerge(Block):
    """Lay objects over one another: a later one wins, objects inside objects are merged too.

    `remove_null` makes a null take the field away, as JSON Merge Patch (RFC 7396) has it.
    """

    title = "Merge JSON"
    effect = pure
    cpu = True

    class Input(Fields):
        """Objects, the later over the earlier."""

        objects: list[dict[str, Json]] = Field(description="What to merge.", min_length=1, max_length=1000)
        lists: Literal["replace", "append"] = Field("replace", description="What a list does to an earlier list.")
        remove_null: bool = Field(default=False, description="A null takes the field away.")

    class Output(Fields):
        """The merged object."""

        data: dict[str, Json]

    examples = (
        Example(
            title="Settings over defaults",
            given={"objects": [{"size": 3, "font": {"name": "Serif", "bold": False}}, {"font": {"bold": True}}]},
            gives={"data": {"size": 3, "font": {"name": "Serif", "bold": True}}},
        ),
        Example(
            title="Lists grow, nulls remove",
            given={"objects": [{"a": [1], "b": 2}, {"a": [2], "b": None}], "lists": "append", "remove_null": True},
            gives={"data": {"a": [1, 2]}},
        ),
    )
    refuses = (Refusal(given={"objects": []}), Refusal(given={"objects": [[1]]}))

    async def run(self, given: Input, ctx: Context) -> Output:
        merged: dict[str, Any] = {}
        for one in given.objects:
            merged = _over(merged, one, given)
        return self.Output(data=merged)


def _over(below: dict[str, Any], above: dict[str, Any], given: JsonMerge.Input) -> dict[str, Any]:
    made = dict(below)
    for name, value in above.items():
        there: Any = made.get(name)
        if value is None and given.remove_null:
            made.pop(name, None)
        elif isinstance(value, dict):
            made[name] = _over(there if isinstance(there, dict) else {}, value, given)  # pyright: ignore
        elif isinstance(value, list) and isinstance(there, list) and given.lists == "append":
            made[name] = [*there, *value]  # pyright: ignore
        else:
            made[name] = value
    return made
