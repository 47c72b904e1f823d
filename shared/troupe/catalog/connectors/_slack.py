"""What Slack's tools take, what they show of its answers, and what its errors mean."""

from typing import Literal

from pydantic import Field

from troupe.catalog.connectors._rest import Paged
from troupe.catalog.contract import Fields, Json

TS = "The message's `ts`, like 1503435956.000247."
Format = Literal["markdown", "slack"]


class OneChannel(Fields):
    """A channel."""

    channel: str = Field(description="The id of a channel or conversation, like C024B.", pattern=r"^[A-Z0-9]{5,30}$")


class ListChannels(Paged):
    """Which channels."""

    private: bool = Field(default=False, description="Private channels that we are in as well.")
    archived: bool = Field(default=False, description="Archived ones as well.")


class FindChannel(Fields):
    """A channel by its name."""

    name: str = Field(description="The name, without #.", min_length=1, max_length=80)
    private: bool = Field(default=False, description="Look among private channels that we are in as well.")


class ChannelPage(OneChannel, Paged):
    """Something of a channel, page by page."""


class History(ChannelPage):
    """Which messages."""

    after: str = Field("", description="Only after this time, in seconds since 1970 or as `ts`.", max_length=20)
    before: str = Field("", description="Only before this time, in seconds since 1970 or as `ts`.", max_length=20)


class OneMessage(OneChannel):
    """A message."""

    ts: str = Field(description=TS, pattern=r"^\d{1,12}\.\d{1,6}$")


class Thread(OneMessage, Paged):
    """A thread, by its first message."""


class Search(Fields):
    """Which messages."""

    query: str = Field(description="Slack's search syntax, like `in:#support from:@ada crash`.", max_length=1000)
    newest: bool = Field(default=False, description="The newest first, instead of those that fit best.")
    limit: int = Field(20, description="How many at most.", ge=1, le=100)
    cursor: str = Field("", description="`next_cursor` of the page before; empty begins.", max_length=10)


class Text(Fields):
    """What is said."""

    text: str = Field(description="The message.", min_length=1, max_length=12_000)
    format: Format = Field("markdown", description="Markdown, or Slack's own mrkdwn with <@USER> and <#CHANNEL>.")


class Post(OneChannel, Text):
    """A message, and where."""

    thread: str = Field("", description="To reply in a thread: the `ts` of its first message.", max_length=20)


class Schedule(Post):
    """A message for later."""

    at: int = Field(description="When it is posted, in seconds since 1970; within 120 days.", ge=0)


class Update(OneMessage, Text):
    """Another text for a message."""


class React(OneMessage):
    """A reaction to a message."""

    name: str = Field(description="The emoji's name, without colons, like thumbsup.", pattern=r"^[\w+:'-]{1,100}$")


class Topic(OneChannel):
    """What a channel is about."""

    topic: str = Field(description="The topic.", max_length=250)


class People(Fields):
    """Who talks."""

    users: list[str] = Field(description="The ids of one to eight users.", min_length=1, max_length=8)


class Mail(Fields):
    """A user by mail address."""

    email: str = Field(description="The address.", pattern=r"^[^@\s]{1,200}@[^@\s]{1,200}$")


class OneUser(Fields):
    """A user."""

    user: str = Field(description="The user's id, like U061F7AUR.", pattern=r"^[A-Z0-9]{5,30}$")


class Upload(OneChannel):
    """A file, and where."""

    file: dict[str, Json] | None = Field(None, description='A file of the workspace, {"$file": id}.')
    text: str = Field("", description="Instead of a file: its text.", max_length=500_000)
    name: str = Field("", description="The file's name; a text needs one.", max_length=200)
    comment: str = Field("", description="What is said with it.", max_length=4000)
    thread: str = Field("", description="To reply in a thread: the `ts` of its first message.", max_length=20)


class OneFile(Fields):
    """A file at Slack."""

    id: str = Field(description="The file's id, like F0123ABCD.", pattern=r"^[A-Z0-9]{5,30}$")


CHANNEL = {
    "id": "id", "name": "name", "private": "is_private", "archived": "is_archived", "member": "is_member",
    "topic": "topic.value", "purpose": "purpose.value", "members": "num_members",
}  # fmt: skip
MESSAGE = {
    "ts": "ts", "user": "user", "bot": "bot_id", "text": "text", "thread": "thread_ts", "replies": "reply_count",
    "reactions": "reactions[].name", "files": "files[].id", "subtype": "subtype",
}  # fmt: skip
MATCH = {"ts": "ts", "channel": "channel.id", "channel_name": "channel.name", "user": "user", "name": "username",
         "text": "text", "url": "permalink"}  # fmt: skip
USER = {
    "id": "id", "name": "name", "real_name": "profile.real_name", "title": "profile.title", "email": "profile.email",
    "time_zone": "tz", "bot": "is_bot", "deleted": "deleted", "status": "profile.status_text",
}  # fmt: skip
FILE = {"id": "id", "name": "name", "title": "title", "type": "mimetype", "size": "size", "url": "permalink"}

LOST = {
    "fatal_error",
    "internal_error",
    "request_timeout",
    "service_unavailable",
    "team_added_to_org",
}  # may have happened
SAYS = {
    "invalid_auth": "The token is wrong: give the connection a new one.",
    "not_authed": "The connection has no token.",
    "token_revoked": "The token was revoked: install the app again and give the connection the new token.",
    "token_expired": "The token has ended: give the connection a new one.",
    "account_inactive": "The token's user or workspace is gone.",
    "channel_not_found": "There is no such channel, or it is private and the app was not invited: /invite it.",
    "not_in_channel": "The app is not in this channel: join_channel, or /invite it.",
    "is_archived": "The channel is archived.",
    "not_allowed_token_type": "This needs a user token (xoxp-): an app's own token may not search.",
    "users_not_found": "Nobody has this address.",
    "message_not_found": "No message has this `ts` in this channel.",
    "cant_update_message": "Only its author may change a message.",
    "msg_too_long": "Say it in fewer characters.",
}
