"""The contract of the mail port: accepted for all recipients, or nothing happened, or said to be unclear."""

import stat
from collections.abc import AsyncGenerator, Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
import pytest_asyncio

from tests.ports.puppet_smtp import puppet_smtp
from tests.servers.aws import ask, mails_of_ses
from troupe.adapters.aws.mail import SesMail
from troupe.adapters.embedded.mail import DEFAULT_SENDER, FolderMail, SmtpMail
from troupe.base.errors import BadInput, ConnectionLost, NotDone, Refused, Rejected, TimedOut, Unreachable
from troupe.ports.mail import Mail, Message

HELLO = Message(
    sender="Ann <ann@example.org>", to=["bob@example.org"], subject="Grüße", text="Hé\n.\nend", html="<b>Hé</b>"
)
Sent = Callable[[], list[EmailMessage]]


@pytest_asyncio.fixture(params=["folder", "smtp", "ses"])
async def mail(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[tuple[Mail, Sent]]:
    if request.param == "folder":
        folder = tmp_path / "mail"
        files = lambda: [f.read_bytes() for f in folder.glob("*.eml")]  # noqa: E731
        yield FolderMail(folder), lambda: [message_from_bytes(raw, policy=default) for raw in files()]
    elif request.param == "ses":
        aws = request.getfixturevalue("aws")
        for domain in ("example.org", "localhost"):
            ask(aws, "sesv2", "create_email_identity", EmailIdentity=domain)
        yield SesMail(aws, DEFAULT_SENDER), lambda: [message_from_bytes(raw, policy=default) for raw in mails_of_ses()]
    else:
        async with puppet_smtp() as server:
            yield SmtpMail(f"smtp://127.0.0.1:{server.port}"), lambda: server.mails


async def test_a_message_arrives_as_it_was_written(mail):
    port, sent = mail
    id = await port.send(
        HELLO.model_copy(update={"cc": ["Cy <cy@example.org>"], "reply_to": "r@example.org"}), "run/step"
    )
    [got] = sent()
    assert (got["From"], got["To"], got["Cc"]) == ("Ann <ann@example.org>", "bob@example.org", "Cy <cy@example.org>")
    assert (got["Subject"], got["Reply-To"], got["Message-ID"]) == ("Grüße", "r@example.org", id)
    plain, html = got.get_body(("plain",)), got.get_body(("html",))
    assert plain
    assert html
    assert plain.get_content().splitlines() == ["Hé", ".", "end"]
    assert html.get_content().strip() == "<b>Hé</b>"


async def test_the_key_makes_the_message_id_so_a_repeat_can_be_told(mail):
    port, _ = mail
    assert await port.send(HELLO, "k") == await port.send(HELLO, "k") != await port.send(HELLO, "other")


async def test_without_a_sender_the_operators_is_used(mail):
    port, sent = mail
    await port.send(HELLO.model_copy(update={"sender": ""}), "k")
    assert sent()[0]["From"] == "troupe@localhost"


BAD = ["", "bob", "bob@", "@x", "a@x, b@x", "a@x\r\nBcc: c@x", "a@x\nc", "<a@x> <b@x>", "a b@x", "a@x)c@y", "a@x\x00"]


@pytest.mark.parametrize("address", BAD)
async def test_an_address_that_is_none_or_more_than_one_is_rejected(mail, address):
    port, sent = mail
    for change in ({"to": [address]}, {"cc": [address]}, {"sender": address or "x"}, {"reply_to": address or "x"}):
        with pytest.raises(Rejected):
            await port.send(HELLO.model_copy(update=change), "k")
    assert sent() == []


async def test_a_line_break_in_the_subject_adds_no_header(mail):
    port, sent = mail
    with pytest.raises(Rejected):
        await port.send(HELLO.model_copy(update={"subject": "x\r\nBcc: c@example.org"}), "k")
    assert sent() == []


async def test_a_repeat_is_one_file_which_only_we_may_read(tmp_path):
    for _ in range(2):
        await FolderMail(tmp_path).send(HELLO, "k")
    [file] = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_a_folder_that_cannot_be_written_is_not_done(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotDone):
        await FolderMail(tmp_path / "file").send(HELLO, "k")


async def test_nobody_listening_is_unreachable():
    async with puppet_smtp() as server:
        pass
    with pytest.raises(Unreachable):
        await SmtpMail(f"smtp://127.0.0.1:{server.port}").send(HELLO, "k")


@pytest.mark.parametrize(
    ("says", "error"),
    [
        ({"MAIL": "550 no"}, Refused),
        ({"RCPT": "550 no such user"}, Refused),
        ({"RCPT": "450 busy"}, Unreachable),
        ({"MAIL": "drop"}, Unreachable),
        ({"RCPT": "silent"}, Unreachable),
        ({"DATA": "554 no"}, Refused),
        ({"END": "554 spam"}, Refused),
        ({"END": "451 later"}, Unreachable),
        ({"END": "drop"}, ConnectionLost),
        ({"END": "silent"}, TimedOut),
    ],
)
async def test_a_failure_says_whether_anything_happened(says, error):
    async with puppet_smtp(**says) as server:
        with pytest.raises(error) as failed:
            await SmtpMail(f"smtp://127.0.0.1:{server.port}", timeout=0.3).send(HELLO, "k")
    assert isinstance(failed.value, NotDone) == (error in {Refused, Unreachable})
    assert server.mails == []


async def test_one_refused_recipient_keeps_all_from_getting_it():
    async with puppet_smtp() as server:
        real = server.answer
        server.answer = lambda reply, writer: real("550 no" if "bad@" in server.heard[-1] else reply, writer)
        both = HELLO.model_copy(update={"to": ["good@example.org", "bad@example.org"]})
        with pytest.raises(Refused):
            await SmtpMail(f"smtp://127.0.0.1:{server.port}").send(both, "k")
    assert "DATA" not in [line.upper() for line in server.heard]


async def test_a_password_is_not_sent_without_tls_but_to_this_machine():
    async with puppet_smtp("250-AUTH PLAIN\r\n", host="127.0.0.2") as server:
        with pytest.raises(Refused, match="no TLS"):
            await SmtpMail(f"smtp://u:secret@127.0.0.2:{server.port}").send(HELLO, "k")
    assert not [line for line in server.heard if line.startswith("AUTH")]
    async with puppet_smtp("250-AUTH PLAIN\r\n", AUTH="235 welcome") as server:
        await SmtpMail(f"smtp://u:secret@127.0.0.1:{server.port}").send(HELLO, "k")
    assert len(server.mails) == 1


async def test_a_wrong_password_is_refused():
    async with puppet_smtp("250-AUTH PLAIN\r\n", AUTH="535 wrong") as server:
        with pytest.raises(Refused, match="535"):
            await SmtpMail(f"smtp://u:secret@127.0.0.1:{server.port}").send(HELLO, "k")


async def test_tls_that_was_promised_and_does_not_come_is_unreachable():
    async with puppet_smtp("250-STARTTLS\r\n", STARTTLS="220 go on") as server:
        with pytest.raises(Unreachable):
            await SmtpMail(f"smtp://127.0.0.1:{server.port}", timeout=0.3).send(HELLO, "k")
    assert not [line for line in server.heard if line.startswith("MAIL")]


async def test_letters_beyond_ascii_in_an_address_need_a_server_that_takes_them():
    abroad = HELLO.model_copy(update={"to": ["jürgen@example.org"]})
    async with puppet_smtp() as server:
        with pytest.raises(Refused, match="plain letters"):
            await SmtpMail(f"smtp://127.0.0.1:{server.port}").send(abroad, "k")
    async with puppet_smtp("250-SMTPUTF8\r\n") as server:
        await SmtpMail(f"smtp://127.0.0.1:{server.port}").send(abroad, "k")
    assert server.mails[0]["To"] == "jürgen@example.org"


async def test_a_sender_whom_ses_does_not_know_is_refused(aws):
    with pytest.raises(Refused, match="MessageRejected"):
        await SesMail(aws, "ann@example.org").send(HELLO, "k")


async def test_ses_takes_only_addresses_of_plain_letters(aws):
    abroad = HELLO.model_copy(update={"to": ["jürgen@example.org"]})
    with pytest.raises(Refused, match="plain letters"):
        await SesMail(aws, "ann@example.org").send(abroad, "k")


@pytest.mark.parametrize("url", ["http://x", "smtp://", "nonsense"])
def test_a_url_of_another_form_is_bad_input(url):
    with pytest.raises(BadInput, match="TROUPE_SMTP_URL"):
        SmtpMail(url)
