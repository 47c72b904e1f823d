"""data.json_validate: whether a value has the shape it should have."""

from typing import Any, cast

from pydantic import Field

from troupe.base.errors import Rejected
from troupe.catalog.contract import Block, Context, Example, Fields, Json, Refusal, pure

MOST = 100
ORDER: dict[str, Any] = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}


class Wrong(Fields):
    """One thing that does not fit: where (a JSON Pointer) and why."""

    path: str
    message: str


class JsonValidate(Block):
    """Check a value against a JSON Schema (2020-12 where it does not say another draft).

    A value that does not fit is an answer, not a failure; set `must` to fail the step. References lead nowhere outside.
    """

    title = "Validate JSON"
    effect = pure
    cpu = True
    timeout = 30.0

    class Input(Fields):
        """A value and the schema it should fit."""

        data: Json = Field(description="What to check.")
        shape: dict[str, Any] | bool = Field(alias="schema", description="The JSON Schema.")
        must: bool = Field(default=False, description="Fail with `invalid_data` where it does not fit.")

    class Output(Fields):
        """Whether it fits, and the first 100 places where it does not."""

        valid: bool
        problems: list[Wrong]

    examples = (
        Example(title="It fits", given={"data": {"id": 7}, "schema": ORDER}, gives={"valid": True, "problems": []}),
        Example(
            title="It does not",
            given={"data": {"id": "7"}, "schema": ORDER},
            gives={"valid": False, "problems": [{"path": "/id", "message": '"7" is not of type "integer"'}]},
        ),
    )
    refuses = (
        Refusal(given={"data": 1, "schema": {"type": "nonsense"}}, code="bad_schema"),
        Refusal(given={"data": 1, "schema": {"$ref": "https://example.com/x.json"}}, code="bad_schema"),
        Refusal(given={"data": {}, "schema": ORDER, "must": True}, code="invalid_data"),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        found = [
            Wrong(path="".join(f"/{step}" for step in error.instance_path), message=str(error.message)[:300])
            for error, _ in zip(_validator(given.shape).iter_errors(given.data), range(MOST), strict=False)
        ]
        if found and given.must:
            raise Rejected(f"The data does not fit: {found[0].path or '/'}: {found[0].message}", code="invalid_data")
        return self.Output(valid=not found, problems=found)


def _validator(schema: Any) -> Any:
    import jsonschema_rs

    try:
        return cast(Any, jsonschema_rs).validator_for(
            schema,
            offline=True,  # a $ref never fetches anything
            validate_formats=True,
            pattern_options=jsonschema_rs.RegexOptions(),  # linear time, whatever the pattern
        )
    except Exception as wrong:
        raise Rejected(f"The schema cannot be used: {str(wrong)[:300]}", code="bad_schema") from None
