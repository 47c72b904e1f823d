"""Mail: a folder of .eml files, or the SMTP server (RFC 5321) that the operator names.

`TROUPE_SMTP_URL` is `smtp://user:password@host:587?from=troupe@example.org`, or `smtps://` for TLS from the first byte.
A password travels under TLS only, except to this machine.
"""

import asyncio
import hashlib
import re
import smtplib
import ssl
from collections.abc import Generator
from contextlib import contextmanager
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import formatdate, getaddresses
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from troupe.adapters.embedded.secret_files import write_secret
from troupe.base.errors import BadInput, ConnectionLost, NotDone, Refused, Rejected, TimedOut, Unreachable
from troupe.ports.mail import Message

LOCAL = {"localhost", "127.0.0.1", "::1"}
_PART = r"[^\s@<>(),;:\\\"\[\]]+"
_MAILBOX = re.compile(rf'(?:"?(?P<name>[^"<>]*?)"?\s*<)?(?P<user>{_PART})@(?P<domain>{_PART})(?(name)>)')
DEFAULT_SENDER = "troupe@localhost"


class FolderMail:
    """Writes each message to `<folder>/<its id>.eml`; a repeat writes the same file."""

    def __init__(self, folder: Path, sender: str = DEFAULT_SENDER) -> None:
        self.folder, self.sender = folder, sender

    async def send(self, message: Message, key: str) -> str:
        """Write it; the message id. Raises NotDone."""
        mail = compose(message, key, self.sender)
        try:
            await asyncio.to_thread(self._write, mail)
        except OSError as refused:
            raise NotDone(f"The mail cannot be kept: {refused.strerror}.", code="mail_unavailable") from refused
        return mail["Message-ID"]

    def _write(self, mail: EmailMessage) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = mail["Message-ID"].split("@")[0].strip("<")
        write_secret(self.folder / f"{name}.eml", mail.as_bytes(policy=SMTPUTF8))


class SmtpMail:
    """Hands each message to one SMTP server: to all recipients or to none."""

    def __init__(self, url: str, *, timeout: float = 30.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise BadInput("TROUPE_SMTP_URL should look like smtp://user:password@host:587.", code="bad_setting")
        self.tls_first = parts.scheme == "smtps"
        self.host, self.port = parts.hostname, parts.port or (465 if self.tls_first else 587)
        self.user, self.password = unquote(parts.username or ""), unquote(parts.password or "")
        self.sender = parse_qs(parts.query).get("from", [self.user if "@" in self.user else DEFAULT_SENDER])[0]
        self.timeout = timeout

    async def send(self, message: Message, key: str) -> str:
        """Have the server accept it; the message id."""
        mail = compose(message, key, self.sender)
        await asyncio.to_thread(self._send, mail)
        return mail["Message-ID"]

    def _send(self, mail: EmailMessage) -> None:
        with _before(self.host):
            server = self._connect()
        try:
            with _before(self.host):
                self._address(server, mail)
            with _after():
                code, answer = server.data(mail.as_bytes(policy=SMTPUTF8 if _international(mail) else SMTP))
            if code != 250:
                raise _no(code, answer)
        finally:
            server.close()

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.tls_first:
            server = smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=self.timeout)
        try:
            server.ehlo()
            if not self.tls_first and server.has_extn("starttls"):
                server.starttls(context=context)
                server.ehlo()
            elif not self.tls_first and self.user and self.host not in LOCAL:
                raise Refused("The mail server offers no TLS, so the password is not sent to it.")
            if self.user:
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server

    def _address(self, server: smtplib.SMTP, mail: EmailMessage) -> None:
        """Name sender and recipients; one that is refused refuses the whole, while nothing is sent yet."""
        options = ["SMTPUTF8"] if _international(mail) else []
        if options and not server.has_extn("smtputf8"):
            raise Refused("The mail server takes only addresses of plain letters.")
        to = [address for _, address in getaddresses([*mail.get_all("To", []), *mail.get_all("Cc", [])])]
        _check(server.mail(getaddresses([mail["From"]])[0][1], options))
        for address in to:
            _check(server.rcpt(address))


def compose(message: Message, key: str, sender: str) -> EmailMessage:
    """The message in RFC 5322 form. Raises Rejected where a field cannot be what it says."""
    mail = EmailMessage(policy=SMTPUTF8)
    source = message.sender or sender
    try:
        mail["From"], mail["To"] = _mailbox(source), ", ".join(map(_mailbox, message.to))
        if message.cc:
            mail["Cc"] = ", ".join(map(_mailbox, message.cc))
        if message.reply_to:
            mail["Reply-To"] = _mailbox(message.reply_to)
        mail["Subject"], mail["Date"] = message.subject, formatdate()
        domain = getaddresses([source])[0][1].rpartition("@")[2]
        mail["Message-ID"] = f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{domain}>"
        mail.set_content(message.text)
        if message.html:
            mail.add_alternative(message.html, subtype="html")
        mail.as_bytes()
    except (ValueError, MessageError, IndexError) as wrong:
        raise Rejected(f"This cannot be sent as a mail: {wrong}.", code="bad_mail") from None
    return mail


def _mailbox(text: str) -> str:
    """One mailbox, written anew, so that nothing clever in it reaches the server."""
    found = _MAILBOX.fullmatch(text) if text.isprintable() else None
    if not found:
        raise Rejected(f"{text[:100]!r} is no mail address.", code="bad_address")
    return str(Address(found["name"] or "", found["user"], found["domain"]))


def _international(mail: EmailMessage) -> bool:
    fields = [mail["From"], mail["To"], mail["Cc"] or ""]
    return any(not address.isascii() for _, address in getaddresses([str(f) for f in fields]))


def _check(answer: tuple[int, bytes]) -> None:
    if answer[0] not in {250, 251}:
        raise _no(*answer)


def _no(code: int, answer: bytes) -> NotDone:
    """A reply of 4xx is temporary (RFC 5321 section 4.2.1), so it may be tried again."""
    said = f"The mail server answered {code}: {answer.decode(errors='replace')[:200]}"
    return Unreachable(said) if 400 <= code < 500 else Refused(said)


@contextmanager
def _before(host: str) -> Generator[None]:
    """Until the content is handed over nothing has happened."""
    try:
        yield
    except smtplib.SMTPResponseException as no:
        raise _no(no.smtp_code, no.smtp_error if isinstance(no.smtp_error, bytes) else no.smtp_error.encode()) from None
    except (smtplib.SMTPException, OSError) as down:
        raise Unreachable(f"The mail server {host} cannot be reached: {down}") from down


@contextmanager
def _after() -> Generator[None]:
    try:
        yield
    except smtplib.SMTPDataError as no:
        raise _no(no.smtp_code, no.smtp_error if isinstance(no.smtp_error, bytes) else no.smtp_error.encode()) from None
    except (smtplib.SMTPException, OSError) as cut:
        if isinstance(cut, TimeoutError) or isinstance(cut.__context__, TimeoutError):  # smtplib renames it
            raise TimedOut("The mail server did not say whether it took the mail.") from cut
        raise ConnectionLost("The mail server cut the connection before it said whether it took the mail.") from cut
