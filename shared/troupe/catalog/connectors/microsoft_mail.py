"""microsoft_mail: the mail of Outlook and Microsoft 365, by Microsoft Graph v1.0."""

from base64 import b64encode
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pydantic import Field

from troupe.base.errors import Problem, Rejected
from troupe.catalog.connectors import _microsoft_mail as m
from troupe.catalog.connectors import _oauth
from troupe.catalog.connectors._native import Native, tool
from troupe.catalog.connectors._rest import address, ask, at, each, page, pick
from troupe.catalog.contract import Consent, Fields, Json, Link, idempotent, once, read

PREFER = {"prefer": 'IdType="ImmutableId", outlook.body-content-type="text"'}  # an id stays when its message is moved
ATTACHED = 3_000_000  # bytes that one request may carry as files
FILE_BYTES = 50_000_000
GRANTED = ("Mail.ReadWrite", "Mail.Send")
ANYBODY = ("common", "organizations", "consumers")


class MicrosoftMail(Native):
    """The mail of a mailbox in Outlook or Microsoft 365.

    As a person: give the client's id and secret, name no mailbox, then grant access on Microsoft's page; or give a
    refresh token (scopes Mail.ReadWrite, Mail.Send, offline_access). As an application of one tenant, by its secret
    alone (the same permissions as application ones), for the mailbox that is named.
    """

    title = "Microsoft mail"
    category = "communication"
    hints = {
        401: "The access token has ended, or the grant was withdrawn: connect again.",
        403: "The grant lacks a permission: Mail.Read, Mail.ReadWrite or Mail.Send; an application's needs an admin.",
        404: "There is no such message, folder or mailbox, or we may not see it.",
    }

    class Config(Fields):
        """Which mailbox, and where."""

        mailbox: str = Field("", description="The address of the mailbox; empty: of who granted it.", max_length=300)
        tenant: str = Field("common", description="The tenant's id or domain.", pattern=r"^[A-Za-z0-9.-]{1,100}$")
        base_url: str = Field("https://graph.microsoft.com/v1.0", description="Microsoft Graph.", max_length=500)
        login_url: str = Field("https://login.microsoftonline.com", description="Gives tokens.", max_length=500)

    Credential = _oauth.Grant

    def check(self, config: Any, credential: Any) -> list[Problem]:
        found = super().check(config, credential)
        if credential is None or (grant := _oauth.plain(credential)).get("token"):
            return found
        if "refresh_token" in grant or not config.mailbox:
            return [*found, *_oauth.missing(credential, "client_id")]
        if config.tenant in ANYBODY:
            found.append(Problem("/config/tenant", "missing", "An application belongs to one tenant: give its id."))
        return [*found, *_oauth.missing(credential, "client_id", "client_secret")]

    def consent(self, config: Any) -> Consent:
        asked = {"scope": f"offline_access {' '.join(_scope(config, name) for name in GRANTED)}", "prompt": "consent"}
        return Consent(_login(config, "authorize"), asked, _login(config, "token"))

    async def sign(self, link: Link) -> dict[str, str]:
        grant, config = _oauth.plain(link.credential), link.config
        if "token" not in grant:
            if not config.mailbox:
                _oauth.need_grant(grant)
            kind = "refresh_token" if "refresh_token" in grant else "client_credentials"
            form = {**grant, "grant_type": kind, "scope": _scope(config, ".default")}
            grant["token"] = await _oauth.token_for(link, _login(config, "token"), form)
        return {"authorization": f"Bearer {grant['token']}", **PREFER}

    async def test(self, link: Link) -> str:
        found = await ask(link, "GET", _at(link, "mailFolders", "inbox"))
        return f"{link.config.mailbox or 'Our own mailbox'}, {at(found, 'totalItemCount')} messages in its inbox"

    @tool(read, tags=["folders"])
    async def list_folders(self, link: Link, given: m.Paged) -> Json:
        """List the folders of the mailbox."""
        return await _list(link, given, ["mailFolders"], m.FOLDERS)

    @tool(read, tags=["messages"], hints="mails inbox unread latest")
    async def list_messages(self, link: Link, given: m.ListMessages) -> Json:
        """List messages of a folder, newest first, each with the beginning of its text."""
        asked = {"$select": m.SELECT, "$orderby": "receivedDateTime desc", "$filter": _filter(given)}
        return await _list(link, given, ["mailFolders", given.folder, "messages"], m.MESSAGE, **asked)

    @tool(read, tags=["messages"], hints="find mails")
    async def search_messages(self, link: Link, given: m.Search) -> Json:
        """Search the whole mailbox, the newest first."""
        words = given.query.replace("\\", " ").replace('"', '\\"')
        return await _list(link, given, ["messages"], m.MESSAGE, **{"$select": m.SELECT, "$search": f'"{words}"'})

    @tool(read, tags=["messages"], hints="mail content open")
    async def get_message(self, link: Link, given: m.OneMessage) -> Json:
        """Read a message: its whole text, who wrote it and who got it."""
        params = {"$select": f"{m.SELECT},body"}
        return m.whole(await ask(link, "GET", _at(link, "messages", given.message), params=params))

    @tool(read, tags=["messages"], hints="thread history mails")
    async def list_conversation(self, link: Link, given: m.Conversation) -> Json:
        """List the messages of a conversation."""
        asked = {"$select": m.SELECT, "$filter": f"conversationId eq {m.quoted(given.conversation)}"}
        return await _list(link, given, ["messages"], m.MESSAGE, **asked)

    @tool(read, tags=["attachments"], hints="files")
    async def list_attachments(self, link: Link, given: m.OneMessage) -> Json:
        """List the attachments of a message."""
        url = _at(link, "messages", given.message, "attachments")
        found = await ask(link, "GET", url, params={"$select": ",".join(m.ATTACHMENT.values())})
        return page(each(found, "value", m.ATTACHMENT))

    @tool(read, tags=["attachments"], hints="file download")
    async def download_attachment(self, link: Link, given: m.Attachment) -> Json:
        """Get an attachment into the workspace, up to 50 MB."""
        url = _at(link, "messages", given.message, "attachments", given.attachment)
        about = await ask(link, "GET", url, params={"$select": ",".join(m.ATTACHMENT.values())})
        answer = await link.request("GET", f"{url}/$value", max_bytes=FILE_BYTES)
        kept = await link.files.write(str(at(about, "name")), answer.content, str(at(about, "contentType") or ""))
        return {**pick(about, m.ATTACHMENT), "file": kept}

    @tool(once, tags=["messages"], hints="mail write compose email")
    async def send_message(self, link: Link, given: m.Mail) -> Json:
        """Send a mail; a copy is kept among the sent ones."""
        made = await _mail(link, given)
        await ask(link, "POST", _at(link, "sendMail"), json={"message": made, "saveToSentItems": True})
        return {"sent": True}

    @tool(once, tags=["messages"], hints="mail prepare write")
    async def create_draft(self, link: Link, given: m.Mail) -> Json:
        """Write a mail that is not sent yet: send_draft does."""
        return pick(await ask(link, "POST", _at(link, "messages"), json=await _mail(link, given)), m.MESSAGE)

    @tool(once, tags=["messages"], hints="mail")
    async def send_draft(self, link: Link, given: m.OneMessage) -> Json:
        """Send a draft, as create_draft or a person wrote it."""
        await ask(link, "POST", _at(link, "messages", given.message, "send"))
        return {"sent": True, "message": given.message}

    @tool(once, tags=["messages"], hints="answer respond mail")
    async def reply(self, link: Link, given: m.Reply) -> Json:
        """Reply to a message: to who wrote it, or to all."""
        how = "replyAll" if given.all else "reply"
        await ask(link, "POST", _at(link, "messages", given.message, how), json={"comment": given.text})
        return {"sent": True, "message": given.message}

    @tool(once, tags=["messages"], hints="send on mail")
    async def forward(self, link: Link, given: m.Forward) -> Json:
        """Forward a message to other people."""
        body = {"comment": given.text, "toRecipients": m.people(given.to)}
        await ask(link, "POST", _at(link, "messages", given.message, "forward"), json=body)
        return {"sent": True}

    @tool(idempotent, tags=["messages"], hints="file archive sort")
    async def move_message(self, link: Link, given: m.Move) -> Json:
        """Move a message to another folder."""
        return await _move(link, given.message, given.folder)

    @tool(idempotent, tags=["messages"], hints="unread flag category")
    async def mark_message(self, link: Link, given: m.Mark) -> Json:
        """Mark a message: read or not, flagged, with categories."""
        body: dict[str, Any] = {} if given.read is None else {"isRead": given.read}
        body |= {"flag": {"flagStatus": given.flag}} if given.flag else {}
        body |= {} if given.categories is None else {"categories": given.categories}
        return pick(await ask(link, "PATCH", _at(link, "messages", given.message), json=body), m.MESSAGE)

    @tool(idempotent, tags=["messages"], hints="remove trash")
    async def delete_message(self, link: Link, given: m.OneMessage) -> Json:
        """Move a message to the deleted ones, from where a person can get it back."""
        return await _move(link, given.message, "deleteditems")


def _at(link: Link, *parts: str) -> str:
    whose = ["users", link.config.mailbox] if link.config.mailbox else ["me"]
    return address(link.config.base_url, *whose, *parts)


async def _list(link: Link, asked: m.Paged, parts: list[str], shape: dict[str, str], **params: str) -> Json:
    """A page; a cursor goes on with the same list, whatever it says."""
    first = {"$top": asked.limit, **params}
    found = await ask(link, "GET", _at(link, *parts), params=dict(parse_qsl(asked.cursor)) or first)
    return page(each(found, "value", shape), m.cursor(found))


def _filter(asked: m.ListMessages) -> str:
    """What is sorted by stands first, or Graph calls the filter too complex."""
    conditions = [f"receivedDateTime ge {asked.after or '1900-01-01T00:00:00Z'}"]
    conditions += ["isRead eq false"] if asked.unread else []
    conditions += [f"from/emailAddress/address eq {m.quoted(asked.sender)}"] if asked.sender else []
    return " and ".join(conditions) if len(conditions) > 1 or asked.after else ""


async def _mail(link: Link, asked: m.Mail) -> dict[str, Any]:
    """A mail in Graph's form, its files in it. Raises Rejected where they are too large for one request."""
    files = [await link.files.read(ref) for ref in asked.files]
    if sum(len(content) for _, content in files) > ATTACHED:
        raise Rejected("The files of one mail may have 3 MB.", code="too_large", hint="Send a link to them.")
    kind = "#microsoft.graph.fileAttachment"
    attached = [
        {"@odata.type": kind, "name": name, "contentBytes": b64encode(content).decode()} for name, content in files
    ]
    return m.mail(asked) | ({"attachments": attached} if attached else {})


async def _move(link: Link, message: str, folder: str) -> Json:
    made = await ask(link, "POST", _at(link, "messages", message, "move"), json={"destinationId": folder})
    return {"message": at(made, "id") or message, "folder": folder}


def _login(config: Any, what: str) -> str:
    return address(config.login_url, config.tenant, "oauth2", "v2.0", what)


def _scope(config: Any, name: str) -> str:
    parts = urlsplit(str(config.base_url))
    return f"{parts.scheme}://{parts.netloc}/{name}"
