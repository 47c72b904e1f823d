"""Mail: hand one message to whoever delivers it."""

from typing import Protocol

from pydantic import BaseModel, Field


class Message(BaseModel, frozen=True):
    """One mail. Addresses are RFC 5322 mailboxes; `html` is an alternative to `text`, never alone."""

    sender: str = ""
    to: list[str] = Field(min_length=1, max_length=50)
    cc: list[str] = []
    subject: str = Field(max_length=998)
    text: str
    html: str = ""
    reply_to: str = ""


class Mail(Protocol):
    """Sends mail."""

    async def send(self, message: Message, key: str) -> str:
        """Accept for delivery; the message id. `key` becomes the Message-ID, so a repeat can be told by the receiver.

        Raises NotDone where nothing was accepted, TimedOut or ConnectionLost where that is unclear.
        """
        ...
