"""slack: channels, messages, people and files, by Slack's Web API. An answer with `ok: false` is an error."""

from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr

from troupe.base.errors import RateLimited, Refused, Rejected, ServerFailed
from troupe.base.http.hosts import host_of
from troupe.catalog.connectors import _oauth
from troupe.catalog.connectors import _slack as s
from troupe.catalog.connectors._native import Granted, tool
from troupe.catalog.connectors._rest import address, ask, at, each, given, items, page, pick
from troupe.catalog.contract import Consent, Fields, Json, Link, idempotent, once, read

PAGES, OF = 10, 200  # how far a channel is looked for by its name
FILE_BYTES = 50_000_000
SCOPES = (
    "channels:read,channels:history,groups:read,groups:history,chat:write,users:read,users:read.email,"
    "reactions:write,files:read,files:write"
)


class Slack(Granted):
    """Channels, messages, people and files of a Slack workspace, as an app or as a user.

    An app needs the scopes channels:read, channels:history, chat:write, users:read and more for what it is to do; to
    search messages, the token must be a user's with search:read. Or give the app's client id and secret, then grant
    access on Slack's page.
    """

    title = "Slack"
    category = "communication"

    class Config(Fields):
        """Where Slack is."""

        base_url: str = Field("https://slack.com/api", description="The Web API.", max_length=500)
        consent_url: str = Field("https://slack.com/oauth/v2/authorize", description="Asks a person.", max_length=500)

    class Credential(_oauth.Lasting):
        """Who we are."""

        token: SecretStr = Field(
            _oauth.SECRET, description="A bot token (xoxb-) or a user token (xoxp-).", max_length=1000
        )

    def consent(self, config: Any) -> Consent:
        asked = {"scope": SCOPES}
        return Consent(config.consent_url, asked, address(config.base_url, "oauth.v2.access"), "token")

    def hosts(self, config: Any) -> list[str]:
        host = host_of(config.base_url)
        return [host, f"files.{host}"]

    async def test(self, link: Link) -> str:
        who = await _get(link, "auth.test")
        return f"{who.get('user')} in {who.get('team')}"

    @tool(read, tags=["channels"])
    async def list_channels(self, link: Link, given: s.ListChannels) -> Json:
        """List channels. find_channel gets one by its name."""
        types = "public_channel,private_channel" if given.private else "public_channel"
        asked = {"types": types, "exclude_archived": not given.archived, "limit": given.limit, "cursor": given.cursor}
        return _page(await _get(link, "conversations.list", **asked), "channels", s.CHANNEL)

    @tool(read, tags=["channels"], hints="look up id of channel name")
    async def find_channel(self, link: Link, given: s.FindChannel) -> Json:
        """Find a channel by its name, to learn its id. It looks through the first 2,000 channels."""
        types, cursor = "public_channel,private_channel" if given.private else "public_channel", ""
        for _ in range(PAGES):
            said = await _get(link, "conversations.list", types=types, limit=OF, cursor=cursor)
            for channel in items(said, "channels"):
                if at(channel, "name") == given.name.lower().removeprefix("#"):
                    return pick(channel, s.CHANNEL)
            if not (cursor := at(said, "response_metadata.next_cursor") or ""):
                break
        raise Refused(f"No channel here is called {given.name}.", code="channel_not_found")

    @tool(read, tags=["channels"])
    async def get_channel(self, link: Link, given: s.OneChannel) -> Json:
        """Get a channel: its name, topic and purpose."""
        said = await _get(link, "conversations.info", channel=given.channel, include_num_members=True)
        return pick(said.get("channel"), s.CHANNEL)

    @tool(read, tags=["channels"], hints="who people")
    async def list_members(self, link: Link, given: s.ChannelPage) -> Json:
        """List the ids of who is in a channel."""
        said = await _get(link, "conversations.members", **given.model_dump())
        return page(items(said, "members"), at(said, "response_metadata.next_cursor"))

    @tool(read, tags=["messages"], hints="history latest conversation")
    async def read_channel(self, link: Link, given: s.History) -> Json:
        """Read the messages of a channel, newest first. Replies are in their threads: read_thread."""
        asked = {"channel": given.channel, "limit": given.limit, "cursor": given.cursor}
        said = await _get(link, "conversations.history", **asked, oldest=given.after, latest=given.before)
        return _page(said, "messages", s.MESSAGE)

    @tool(read, tags=["messages"], hints="replies conversation")
    async def read_thread(self, link: Link, given: s.Thread) -> Json:
        """Read a thread: its first message and the replies, oldest first."""
        return _page(await _get(link, "conversations.replies", **given.model_dump()), "messages", s.MESSAGE)

    @tool(read, tags=["messages"], hints="find")
    async def search_messages(self, link: Link, given: s.Search) -> Json:
        """Search messages of the workspace. Needs a user's token with search:read."""
        number = int(given.cursor) if given.cursor.isdecimal() else 1
        asked = {"query": given.query, "sort": "timestamp" if given.newest else "score", "count": given.limit}
        said = await _get(link, "search.messages", **asked, page=number)
        more = number < int(at(said, "messages.paging.pages") or 0)
        return page(each(said, "messages.matches", s.MATCH), number + 1 if more else None)

    @tool(once, tags=["messages"], hints="send say tell notify write")
    async def post_message(self, link: Link, given: s.Post) -> Json:
        """Post a message in a channel, a direct conversation or a thread."""
        said = await _post(link, "chat.postMessage", channel=given.channel, thread_ts=given.thread, **_text(given))
        return pick(said, {"channel": "channel", "ts": "ts"})

    @tool(once, tags=["messages"], hints="later send")
    async def schedule_message(self, link: Link, given: s.Schedule) -> Json:
        """Post a message at a later time."""
        asked = {"channel": given.channel, "thread_ts": given.thread, "post_at": given.at}
        said = await _post(link, "chat.scheduleMessage", **asked, **_text(given))
        return pick(said, {"channel": "channel", "id": "scheduled_message_id", "at": "post_at"})

    @tool(idempotent, tags=["messages"], hints="edit change")
    async def update_message(self, link: Link, given: s.Update) -> Json:
        """Give a message of ours another text."""
        said = await _post(link, "chat.update", channel=given.channel, ts=given.ts, **_text(given))
        return pick(said, {"channel": "channel", "ts": "ts"})

    @tool(idempotent, tags=["messages"], hints="remove")
    async def delete_message(self, link: Link, given: s.OneMessage) -> Json:
        """Delete a message of ours; one that is gone already counts as deleted."""
        await _post(link, "chat.delete", done="message_not_found", channel=given.channel, ts=given.ts)
        return {"channel": given.channel, "ts": given.ts, "deleted": True}

    @tool(read, tags=["messages"], hints="link url")
    async def get_permalink(self, link: Link, given: s.OneMessage) -> Json:
        """Get the link to a message."""
        said = await _get(link, "chat.getPermalink", channel=given.channel, message_ts=given.ts)
        return pick(said, {"url": "permalink"})

    @tool(idempotent, tags=["messages"], hints="emoji thumbs like")
    async def add_reaction(self, link: Link, given: s.React) -> Json:
        """React to a message with an emoji."""
        asked = {"channel": given.channel, "timestamp": given.ts, "name": given.name}
        await _post(link, "reactions.add", done="already_reacted", **asked)
        return {"channel": given.channel, "ts": given.ts, "name": given.name}

    @tool(idempotent, tags=["channels"])
    async def join_channel(self, link: Link, given: s.OneChannel) -> Json:
        """Join a public channel."""
        return pick((await _post(link, "conversations.join", channel=given.channel)).get("channel"), s.CHANNEL)

    @tool(idempotent, tags=["channels"])
    async def set_topic(self, link: Link, given: s.Topic) -> Json:
        """Say what a channel is about."""
        await _post(link, "conversations.setTopic", channel=given.channel, topic=given.topic)
        return {"channel": given.channel, "topic": given.topic}

    @tool(idempotent, tags=["messages"], hints="direct message dm private group")
    async def open_conversation(self, link: Link, given: s.People) -> Json:
        """Open a direct conversation with people, to learn the id to post to."""
        said = await _post(link, "conversations.open", users=",".join(given.users))
        return {"channel": at(said, "channel.id")}

    @tool(read, tags=["people"], hints="user colleague email")
    async def find_user(self, link: Link, given: s.Mail) -> Json:
        """Find a user by mail address."""
        return pick((await _get(link, "users.lookupByEmail", email=given.email)).get("user"), s.USER)

    @tool(read, tags=["people"], hints="user profile")
    async def get_user(self, link: Link, given: s.OneUser) -> Json:
        """Get a user: name, title, mail address, time zone."""
        return pick((await _get(link, "users.info", user=given.user)).get("user"), s.USER)

    @tool(read, tags=["people"], hints="users colleagues members")
    async def list_users(self, link: Link, given: s.Paged) -> Json:
        """List the people and apps of the workspace."""
        return _page(await _get(link, "users.list", **given.model_dump()), "members", s.USER)

    @tool(once, tags=["files"], hints="attach share send")
    async def upload_file(self, link: Link, given: s.Upload) -> Json:
        """Share a file in a channel or a thread: a file of the workspace, or a text under a name."""
        name, content = await link.files.read(given.file) if given.file else (given.name, given.text.encode())
        name = given.name or name
        if not name or not content:
            raise Rejected("Give a file, or a text and its name.", code="bad_input")
        place = await _post(link, "files.getUploadURLExternal", filename=name, length=len(content))
        await _put(link, str(place.get("upload_url")), content)
        said = await _post(
            link, "files.completeUploadExternal", files=[{"id": place.get("file_id"), "title": name}],
            channel_id=given.channel, initial_comment=given.comment, thread_ts=given.thread,
        )  # fmt: skip
        return {"channel": given.channel, "files": each(said, "files", s.FILE) or [{"id": place.get("file_id")}]}

    @tool(read, tags=["files"], hints="attachment")
    async def download_file(self, link: Link, given: s.OneFile) -> Json:
        """Get a file into the workspace, up to 50 MB."""
        about = (await _get(link, "files.info", file=given.id)).get("file")
        answer = await link.request("GET", str(at(about, "url_private_download")), max_bytes=FILE_BYTES)
        kept = await link.files.write(str(at(about, "name")), answer.content, str(at(about, "mimetype") or ""))
        return {**pick(about, s.FILE), "file": kept}


async def _get(link: Link, method: str, **asked: Any) -> dict[str, Any]:
    return _read(await ask(link, "GET", address(link.config.base_url, method), params=asked), method)


async def _post(link: Link, method: str, *, done: str = "", **asked: Any) -> dict[str, Any]:
    """`done`: the error that says that it was so already."""
    said = await ask(link, "POST", address(link.config.base_url, method), json=given(**asked))
    return {} if done and at(said, "error") == done else _read(said, method)


def _read(said: Any, method: str) -> dict[str, Any]:
    """The answer, where it is `ok`. Raises what its error means."""
    if at(said, "ok") is True:
        return said
    code = str(at(said, "error"))
    needed = at(said, "needed")
    hint = f"The token lacks the scope {needed}." if needed else s.SAYS.get(code, "")
    message = f"Slack answered {code} to {method}."
    if code in ("ratelimited", "rate_limited"):
        raise RateLimited(message, retry_after=30.0)
    if code in s.LOST:
        raise ServerFailed(message)
    raise Refused(message, hint=hint)


async def _put(link: Link, url: str, content: bytes) -> None:
    """To where Slack wants it, without our token: the address itself is the permission."""
    kind = {"content-type": "application/octet-stream"}
    answer = await link.http.request("POST", url, content=content, headers=kind, timeout=link.seconds_left)
    if answer.status != 200:
        raise Refused(f"{urlsplit(url).hostname} did not take the file: {answer.status}.")


def _text(given: s.Text) -> dict[str, str]:
    return {"markdown_text" if given.format == "markdown" else "text": given.text}


def _page(said: dict[str, Any], key: str, shape: dict[str, str]) -> Json:
    return page(each(said, key, shape), at(said, "response_metadata.next_cursor"))
