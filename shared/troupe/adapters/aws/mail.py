"""Mail by SES (API v2), raw, so that it is the very message that SMTP would carry.

SES puts its own Message-ID in place of ours; the one that we make stands in `X-Troupe-Message-ID` too, for a receiver
to tell a repeat by.
"""

from email.policy import SMTP
from email.utils import getaddresses

from troupe.adapters.aws._client import Aws
from troupe.adapters.embedded.mail import compose
from troupe.base.errors import Refused
from troupe.ports.mail import Message


class SesMail:
    """The mail port: accepted for all recipients, or nothing happened, or said to be unclear. Never sent twice."""

    def __init__(self, aws: Aws, sender: str) -> None:
        self.sender = sender
        self._ses = aws.client("sesv2", repeat=False)

    async def send(self, message: Message, key: str) -> str:
        """Have SES accept it; the message id."""
        mail = compose(message, key, self.sender)
        mail["X-Troupe-Message-ID"] = mail["Message-ID"]
        source, to, cc = ([address for _, address in getaddresses(mail.get_all(f, []))] for f in ("From", "To", "Cc"))
        if not all(address.isascii() for address in [*source, *to, *cc]):
            raise Refused("SES takes only addresses of plain letters.")
        await self._ses.call(
            "send_email",
            FromEmailAddress=source[0],
            Destination={"ToAddresses": to, "CcAddresses": cc},
            Content={"Raw": {"Data": mail.as_bytes(policy=SMTP)}},
        )
        return mail["Message-ID"]
