"""data.xml_parse: XML text into a value."""

from typing import Any
from xml.etree.ElementTree import Element, ParseError

from pydantic import Field

from troupe.base.errors import Rejected
from troupe.catalog.contract import Block, Context, Example, Fields, Json, Refusal, pure

MAX_DEPTH = 90


class XmlParse(Block):
    """Read XML into objects: attributes as `@name`, text beside elements as `#text`, repeated elements as a list.

    An element with nothing but text is that text. Names lose their namespace. Document types and entities of one's own
    are refused, so nothing is fetched and nothing swells.
    """

    title = "Read XML"
    effect = pure
    cpu = True
    timeout = 60.0

    class Input(Fields):
        """XML text."""

        text: str = Field(description="The XML text.", max_length=5_000_000)
        lists: list[str] = Field(
            default=[], description="Elements that are a list even where there is one.", max_length=1000
        )

    class Output(Fields):
        """The root's name, and what is in it."""

        root: str
        data: Json

    examples = (
        Example(
            title="An order",
            given={"text": "<order id='7'><item>tea</item><item n='2'>cup</item></order>"},
            gives={"root": "order", "data": {"@id": "7", "item": ["tea", {"@n": "2", "#text": "cup"}]}},
        ),
        Example(
            title="Always a list",
            given={"text": "<a xmlns='urn:x'><b/></a>", "lists": ["b"]},
            gives={"root": "a", "data": {"b": [""]}},
        ),
    )
    refuses = (
        Refusal(given={"text": "<a>"}, code="bad_xml"),
        Refusal(given={"text": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}, code="bad_xml"),
        Refusal(given={"text": "<a>" * 200 + "</a>" * 200}, code="too_deep"),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        from defusedxml import DefusedXmlException
        from defusedxml.ElementTree import fromstring

        try:
            root: Element = fromstring(given.text, forbid_dtd=True)
        except ParseError as wrong:
            raise Rejected(f"This is no XML: {wrong}.", code="bad_xml") from None
        except (DefusedXmlException, ValueError, LookupError):
            hint = "Take the <!DOCTYPE …> and the encoding out of the text."
            message = "XML with a document type, entities of its own or another encoding is not read."
            raise Rejected(message, code="bad_xml", hint=hint) from None
        return self.Output.model_validate(
            {"root": _name(root), "data": _value(root, frozenset(given.lists), MAX_DEPTH)}
        )


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _value(element: Element, lists: frozenset[str], left: int) -> Any:
    if left == 0:
        raise Rejected(f"The elements nest more than {MAX_DEPTH} levels deep.", code="too_deep")
    made: dict[str, Any] = {"@" + name.rpartition("}")[2]: value for name, value in element.attrib.items()}
    grouped: dict[str, list[Any]] = {}
    for child in element:
        grouped.setdefault(_name(child), []).append(_value(child, lists, left - 1))
    said = [element.text or "", *(child.tail or "" for child in element)]
    text = " ".join(part for part in map(str.strip, said) if part)
    if not made and not grouped:
        return text
    made |= {name: found if len(found) > 1 or name in lists else found[0] for name, found in grouped.items()}
    return made | {"#text": text} if text else made
