"""data.yaml_parse: YAML text into a value."""

from datetime import date
from typing import Any, cast

from pydantic import Field

from troupe.base.errors import Rejected
from troupe.base.values import clean
from troupe.catalog.contract import Block, Context, Example, Fields, Json, Refusal, pure

MAX_DEPTH = 90


class YamlParse(Block):
    """Read YAML 1.2 as plain data: no tags, no anchors, no duplicate keys, one document. Dates stay text."""

    title = "Read YAML"
    effect = pure
    cpu = True
    timeout = 60.0

    class Input(Fields):
        """YAML text."""

        text: str = Field(description="The YAML text.", max_length=1_000_000)

    class Output(Fields):
        """The value."""

        data: Json

    examples = (
        Example(
            title="A map",
            given={"text": "name: Ann\nwhen: 2026-11-20\nlikes:\n  - tea\n  - no\n"},
            gives={"data": {"name": "Ann", "when": "2026-11-20", "likes": ["tea", "no"]}},
        ),
        Example(title="Nothing", given={"text": "# empty"}, gives={"data": None}),
    )
    refuses = (
        Refusal(given={"text": "a: [1"}, code="bad_yaml"),
        Refusal(given={"text": "a: 1\na: 2"}, code="bad_yaml"),
        Refusal(given={"text": "a: &x [1]\nb: *x"}, code="bad_yaml"),
        Refusal(given={"text": "!!python/object/apply:os.system [ls]"}, code="bad_yaml"),
        Refusal(given={"text": "[" * 200 + "]" * 200}, code="too_deep"),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        from ruamel.yaml import YAML
        from ruamel.yaml.error import YAMLError

        reader: Any = YAML(typ="safe", pure=True)
        try:
            _refuse(reader, given.text)
            value = reader.load(given.text)
        except YAMLError as wrong:
            raise Rejected(f"This is no YAML: {_told(wrong)}", code="bad_yaml") from None
        except (ValueError, OverflowError, TypeError) as wrong:
            raise Rejected(f"A value in this YAML cannot be read: {str(wrong)[:200]}", code="bad_yaml") from None
        return self.Output.model_validate({"data": clean(_plain(value))})


def _refuse(reader: Any, text: str) -> None:
    """Raises Rejected for what is more than plain data, before anything is built."""
    depth = 0
    for event in reader.parse(text):
        kind = type(event).__name__
        depth += kind.endswith("StartEvent") - kind.endswith("EndEvent")
        if depth > MAX_DEPTH:
            raise Rejected(f"The values nest more than {MAX_DEPTH} levels deep.", code="too_deep")
        line = event.start_mark.line + 1
        if getattr(event, "anchor", None):
            raise Rejected(f"Line {line}: anchors and aliases are not read; write the value out.", code="bad_yaml")
        if getattr(event, "tag", None) and kind in ("ScalarEvent", "SequenceStartEvent", "MappingStartEvent"):
            raise Rejected(f"Line {line}: tags are not read; leave the !… away.", code="bad_yaml")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(_plain(k)): _plain(v) for k, v in cast(dict[Any, Any], value).items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in cast(list[Any], value)]
    return value.isoformat() if isinstance(value, date) else value


def _told(wrong: Any) -> str:
    mark = getattr(wrong, "problem_mark", None)
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    return f"{where}{getattr(wrong, 'problem', None) or 'it cannot be read'}."[:300]
