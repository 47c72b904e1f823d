"""mail.send: one mail."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from troupe.catalog.blocks._limits import MAX_TEXT
from troupe.catalog.contract import Block, Context, Example, Fields, Refusal, once
from troupe.ports.mail import Message


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Address = Annotated[str, Field(pattern=r"^[^\r\n\x00]{1,300}@[^\r\n\x00]{1,255}$")]
Addresses = Annotated[list[Address], BeforeValidator(_listed, json_schema_input_type=list[str] | str)]


class Send(Block):
    """Send a mail, once: if it is not clear whether it was accepted, a person settles it.

    The Message-ID is made from the step's effect key, so a receiver can tell a repetition.
    """

    title = "Send a mail"
    effect = once

    class Input(Fields):
        """Who gets it and what it says."""

        to: Addresses = Field(description="Who gets it; one address or a list.", min_length=1, max_length=50)
        cc: Addresses = Field(default=[], description="Who gets a copy.", max_length=50)
        subject: str = Field(description="The subject, in one line.", max_length=998, pattern=r"^[^\r\n\x00]*$")
        text: str = Field(description="The mail as plain text.", max_length=MAX_TEXT)
        html: str = Field("", description="The same as HTML, for readers that show it.", max_length=MAX_TEXT)
        reply_to: str = Field("", description="Where answers go.", max_length=500, pattern=r"^[^\r\n\x00]*$")
        sender: str = Field(
            "", description="Who it is from; empty is the operator's.", max_length=500, pattern=r"^[^\r\n\x00]*$"
        )

    class Output(Fields):
        """The mail's Message-ID."""

        message_id: str

    examples = (
        Example(
            title="One receiver",
            given={"to": "ann@example.com", "subject": "Hello", "text": "Dear Ann"},
            gives={"message_id": "<key-1@example.test>"},
            simulated=True,
        ),
        Example(
            title="With HTML and a copy",
            given={
                "to": ["Ann <ann@example.com>"], "cc": ["bob@example.com"], "subject": "Report",
                "text": "See below.", "html": "<p>See below.</p>", "reply_to": "office@example.com",
            },
            gives={"message_id": "<key-1@example.test>"},
        ),
    )  # fmt: skip
    refuses = (
        Refusal(given={"to": [], "subject": "a", "text": "b"}),
        Refusal(given={"to": "ann@example.com", "subject": "a\r\nBcc: eve@example.com", "text": "b"}),
        Refusal(given={"to": "nobody", "subject": "a", "text": "b"}),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        message = Message(**given.model_dump())
        return self.Output(message_id=await ctx.mail.send(message, ctx.effect_key))
