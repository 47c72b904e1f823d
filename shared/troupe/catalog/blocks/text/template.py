"""text.template: values put into a text."""

import re

from pydantic import Field

from troupe.base.errors import Rejected
from troupe.catalog.blocks._limits import MAX_TEXT, as_text, refuse_above
from troupe.catalog.contract import Block, Context, Example, Fields, Json, Refusal, pure

PLACES = 20_000
PLACE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_.-]{0,62})\s*\}\}")


class Template(Block):
    """Put values into the {{name}} places of a text.

    A place holds a name and nothing else: no code runs. Null is empty, lists and maps are written as JSON, and a value
    that holds braces is not looked into again. Without values the text is given as it is. In a workflow, braces are
    expressions already: write {{{{ name }}, or put the expressions into the text and leave the values away.
    """

    title = "Fill a template"
    effect = pure

    class Input(Fields):
        """A text with places, and what belongs there."""

        text: str = Field(description="The text, with {{name}} where a value belongs.", max_length=MAX_TEXT)
        values: dict[str, Json] = Field(default={}, description="The value of each name.", max_length=1000)
        empty: bool = Field(default=False, description="Leave places without a value empty instead of failing.")

    class Output(Fields):
        """The filled text."""

        text: str = Field(description="The text with its values.")

    examples = (
        Example(
            title="A greeting",
            given={"text": "Hello {{ name }}, {{count}} new.", "values": {"name": "Ann", "count": 3}},
            gives={"text": "Hello Ann, 3 new."},
        ),
        Example(title="Filled already", given={"text": "3 mails sorted."}, gives={"text": "3 mails sorted."}),
        Example(
            title="Values are not looked into",
            given={"text": "{{a}}{{b}}", "values": {"a": "{{b}}"}, "empty": True},
            gives={"text": "{{b}}"},
        ),
    )
    refuses = (
        Refusal(given={}),
        Refusal(given={"text": "Dear {{who}}", "values": {"name": "Ann"}}, code="missing_value"),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        if not given.values and not given.empty:
            return self.Output(text=given.text)
        values = {name: as_text(value) for name, value in given.values.items()}
        places = [place[1] for place in PLACE.finditer(given.text)]
        if not given.empty and (missing := next((name for name in places if name not in values), "")):
            hint = "Give it a value, or set `empty` to leave such places empty."
            raise Rejected(f"The template's {{{{{missing}}}}} has no value.", code="missing_value", hint=hint)
        if len(places) > PLACES:
            raise Rejected(f"The template has more than {PLACES:,} places.", code="too_many")
        refuse_above(len(given.text) + sum(len(values.get(name, "")) for name in places))
        return self.Output(text=PLACE.sub(lambda place: values.get(place[1], ""), given.text))
