"""What the tools of Microsoft mail take, and what they show of Graph's answers."""

from typing import Any, Literal, cast
from urllib.parse import urlsplit

from pydantic import Field

from troupe.catalog.connectors._rest import LONG, Paged, at, cut, given, pick
from troupe.catalog.contract import Fields, Json

FOLDER = "A folder's id, or inbox, drafts, sentitems, archive, deleteditems, junkemail."
FILES = 'Files of the workspace, {"$file": id}; 3 MB in all.'


class ListMessages(Paged):
    """Which messages."""

    folder: str = Field("inbox", description=FOLDER, min_length=1, max_length=300)
    unread: bool = Field(default=False, description="Only those that nobody has read.")
    after: str = Field("", description="Only those received after this time, like 2026-11-21T09:00:00Z.", max_length=40)
    sender: str = Field("", description="Only those from this mail address.", max_length=200)


class Search(Paged):
    """What to find."""

    query: str = Field(
        description='Words, or KQL like `from:ada subject:"roof" hasAttachment:true`.', min_length=1, max_length=500
    )


class OneMessage(Fields):
    """A message."""

    message: str = Field(description="The message's id.", min_length=1, max_length=500)


class Conversation(Paged):
    """A conversation."""

    conversation: str = Field(description="`conversation` of one of its messages.", min_length=1, max_length=500)


class Attachment(OneMessage):
    """An attachment."""

    attachment: str = Field(description="The attachment's id, as list_attachments gives it.", min_length=1)


class Text(Fields):
    """What is written."""

    body: str = Field(description="The text.", max_length=500_000)
    html: bool = Field(default=False, description="The text is HTML.")


class Mail(Text):
    """A mail."""

    to: list[str] = Field(description="Mail addresses.", min_length=1, max_length=200)
    cc: list[str] = Field([], description="Addresses that get a copy.", max_length=200)
    bcc: list[str] = Field([], description="Addresses that get a copy which the others do not see.", max_length=200)
    subject: str = Field(description="What it is about.", max_length=500)
    importance: Literal["low", "normal", "high"] = Field("normal", description="How important it is.")
    files: list[dict[str, Json]] = Field([], description=FILES, max_length=20)


class Reply(OneMessage):
    """An answer."""

    text: str = Field(description="The answer; the message stands below it.", min_length=1, max_length=500_000)
    all: bool = Field(default=False, description="To everybody who got the message.")


class Forward(OneMessage):
    """A message for others."""

    to: list[str] = Field(description="Mail addresses.", min_length=1, max_length=200)
    text: str = Field("", description="What is said with it.", max_length=100_000)


class Move(OneMessage):
    """Where to."""

    folder: str = Field(description=FOLDER, min_length=1, max_length=300)


class Mark(OneMessage):
    """What a message is marked as."""

    read: bool | None = Field(None, description="Read, or not.")
    flag: Literal["notFlagged", "flagged", "complete"] | None = Field(None, description="To be followed up.")
    categories: list[str] | None = Field(None, description="All its categories.", max_length=25)


FOLDERS = {"id": "id", "name": "displayName", "messages": "totalItemCount", "unread": "unreadItemCount",
           "folders": "childFolderCount"}  # fmt: skip
SELECT = (
    "id,conversationId,subject,from,toRecipients,ccRecipients,receivedDateTime,isRead,isDraft,importance,"
    "hasAttachments,flag,categories,bodyPreview,webLink"
)
MESSAGE = {
    "id": "id", "conversation": "conversationId", "subject": "subject", "from": "from.emailAddress.address",
    "from_name": "from.emailAddress.name", "to": "toRecipients[].emailAddress.address",
    "cc": "ccRecipients[].emailAddress.address", "received_at": "receivedDateTime", "read": "isRead",
    "draft": "isDraft", "importance": "importance", "attachments": "hasAttachments", "flag": "flag.flagStatus",
    "categories": "categories", "preview": "bodyPreview", "url": "webLink",
}  # fmt: skip
ATTACHMENT = {"id": "id", "name": "name", "type": "contentType", "size": "size", "inline": "isInline"}


def whole(message: Any) -> dict[str, Json]:
    """A message with its text."""
    about = {name: value for name, value in pick(message, MESSAGE).items() if name != "preview"}
    return {**about, "text": cut(at(message, "body.content") or "", LONG)}


def people(addresses: list[str]) -> list[dict[str, Any]]:
    """Addresses in Graph's form."""
    return [{"emailAddress": {"address": one}} for one in addresses]


def mail(asked: Mail) -> dict[str, Any]:
    """A mail in Graph's form, without its files."""
    body = {"contentType": "html" if asked.html else "text", "content": asked.body}
    others = given(ccRecipients=people(asked.cc), bccRecipients=people(asked.bcc))
    made = {"subject": asked.subject, "body": body, "toRecipients": people(asked.to), "importance": asked.importance}
    return {**made, **others}


def cursor(found: Any) -> str:
    """What gets the next page: the query of its address, without the address."""
    return urlsplit(str(cast("dict[str, Any]", found).get("@odata.nextLink") if isinstance(found, dict) else "")).query


def quoted(text: str) -> str:
    """A text in an OData filter."""
    return "'" + text.replace("'", "''") + "'"
