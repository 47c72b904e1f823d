"""Cloud: the adapters of AWS and what the functions need of them. Imported only where TROUPE_RUNS_ON is `aws`."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from troupe.adapters.aws._client import Aws
from troupe.adapters.aws._errands import Errands
from troupe.adapters.aws.events import BusEvents
from troupe.adapters.aws.files import S3Files
from troupe.adapters.aws.keys import KmsKeys
from troupe.adapters.aws.orchestrator import StepFunctions
from troupe.adapters.aws.queue import Deliveries, SqsQueue
from troupe.adapters.aws.realtime import Gateway
from troupe.adapters.aws.sandbox import LambdaSandbox
from troupe.adapters.aws.work import WorkQueue
from troupe.adapters.embedded.realtime import Hub
from troupe.base.db import Database
from troupe.base.settings import Settings, needed
from troupe.durable.outbox.store import PgOutbox
from troupe.durable.store import PgJournal
from troupe.durable.waits.store import PgWaits
from troupe.features.scope import Parts
from troupe.features.sockets.followers import Followers
from troupe.ports.queue import Handler

if TYPE_CHECKING:
    from troupe.adapters.embedded.cache import RedisCache
    from troupe.ports.mail import Mail


class Cloud:
    """One account and region. `errands`: what a call has set going and a door waits for before it answers."""

    def __init__(self, settings: Settings, engine: Database, journal: PgJournal, parts: Callable[[], Parts]) -> None:
        self.settings = settings
        self.aws, self.errands = Aws(settings.aws_region), Errands()
        self.files = S3Files(self.aws, needed(settings, "bucket"))
        self.keys = KmsKeys(self.aws, needed(settings, "kms_key"))
        self.sandbox = LambdaSandbox(self.aws, needed(settings, "sandbox_function"))
        self.outbox, self.waits = PgOutbox(engine), PgWaits(engine)
        self.events = BusEvents(self.aws, settings.event_bus) if settings.event_bus else None
        self.queue = SqsQueue(self.aws, needed(settings, "queue_url"), self.outbox, self.errands, self.events)
        work = settings.work_queue
        self.work = WorkQueue(self.aws, work, settings.ecs_agent) if work else None
        self.orchestrator = StepFunctions(
            self.aws, needed(settings, "state_machine"), self.waits, self.queue, self.errands,
            by_queue=settings.first_slice == "queue",
        )  # fmt: skip
        self.realtime = self._realtime(Followers(journal, parts))

    def mail(self) -> "Mail":
        """SES with a sender of its own, or the SMTP server that the operator names."""
        from troupe.adapters.aws.mail import SesMail
        from troupe.adapters.embedded.mail import SmtpMail

        if self.settings.smtp_url is not None:
            return SmtpMail(self.settings.smtp_url.get_secret_value())
        return SesMail(self.aws, self.settings.mail_from)

    def cache(self) -> "RedisCache":
        """ElastiCache, any Redis, or, where nothing is named, one in this process, which counts for itself alone."""
        from troupe.adapters.embedded.cache import open_cache

        settings = self.settings
        if settings.cache_host is None:
            return open_cache(settings.redis_url.get_secret_value() if settings.redis_url else None)
        from troupe.adapters.aws.cache import open_valkey

        return open_valkey(
            self.aws, settings.cache_host, needed(settings, "cache_name"), needed(settings, "cache_user")
        )

    def deliveries(self, handlers: Mapping[str, Handler]) -> Deliveries:
        """What is done with the messages of the queue."""
        return Deliveries(self.aws, self.queue.url, self.outbox, handlers)

    async def close(self) -> None:
        """Call nothing more, once what was set going has ended."""
        await self.errands.done()
        self.aws.close()

    def _realtime(self, followers: Followers) -> Hub:
        """Without a WebSocket API streams read the journal, and nobody else is told."""
        endpoint = self.settings.websocket_endpoint
        return Gateway(self.aws, endpoint, followers, self.errands) if endpoint else Hub()
