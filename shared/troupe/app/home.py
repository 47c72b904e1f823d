"""Home: the adapters of one machine."""

from typing import TYPE_CHECKING

from troupe.adapters.embedded.files import FolderFiles
from troupe.adapters.embedded.keys import FileKeys
from troupe.adapters.embedded.mail import FolderMail, SmtpMail
from troupe.adapters.embedded.realtime import Hub
from troupe.adapters.embedded.sandbox import MontySandbox
from troupe.base.settings import Settings
from troupe.ports.mail import Mail

if TYPE_CHECKING:
    from troupe.adapters.embedded.cache import RedisCache


class Home:
    """What lies in TROUPE_HOME, and what this process does by itself."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.files, self.keys = FolderFiles(settings.home / "files"), FileKeys(settings.home / "keys" / "master")
        self.sandbox, self.realtime = MontySandbox(), Hub()

    def mail(self) -> Mail:
        """The SMTP server that the operator names, or a folder."""
        smtp = self.settings.smtp_url
        return SmtpMail(smtp.get_secret_value()) if smtp else FolderMail(self.settings.home / "mail")

    def cache(self) -> "RedisCache":
        """Any Redis that the operator names, or one in this process."""
        from troupe.adapters.embedded.cache import open_cache

        return open_cache(self.settings.redis_url.get_secret_value() if self.settings.redis_url else None)

    async def close(self) -> None:
        """End what was started."""
        await self.sandbox.close()
