"""Wiring: the one place that puts ports, adapters and features together."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from troupe.app.beside import Beside
from troupe.app.context import AttemptContext, Reach
from troupe.app.messages import handlers
from troupe.app.plans import Kept, Plans, agent_plan
from troupe.base.db import APP, ENGINE, Database
from troupe.base.http import Http
from troupe.base.http.hosts import entry_of
from troupe.base.ids import RunId
from troupe.base.settings import Settings
from troupe.base.values import Json
from troupe.durable import checkpoints
from troupe.durable.births import Births
from troupe.durable.models import Registered, Run
from troupe.durable.outbox.store import PgOutbox
from troupe.durable.store import PgJournal
from troupe.durable.upkeep.store import PgUpkeep
from troupe.durable.upkeep.sweep import sweep
from troupe.durable.worker import Worker
from troupe.features.accounts.issuer import Issuer
from troupe.features.connections.lines import Lines
from troupe.features.models.choices import Choices
from troupe.features.scope import Parts
from troupe.features.workflows.steps import Means
from troupe.ports.cache import Cache
from troupe.ports.run import RunContext

if TYPE_CHECKING:
    from troupe.adapters.embedded.cache import RedisCache
    from troupe.adapters.embedded.orchestrator import Loop
    from troupe.adapters.embedded.queue import OutboxQueue
    from troupe.features.models.service import ModelService

MIGRATIONS = Path(__file__).parents[1] / "migrations"
GRAPH, PASS, AGENT, COMPLETION = "graph", "workflow.pass", "agent", "completion"


@dataclass(frozen=True)
class Troupe:
    """One process: what its doors call, and what advances runs."""

    settings: Settings
    parts: Parts
    worker: Worker
    journal: PgJournal
    reach: Reach
    upkeep: PgUpkeep

    @asynccontextmanager
    async def working(self) -> AsyncGenerator[Worker]:
        """A worker that holds a lease for as long as a call lasts. One at a time: they share the journal's line."""
        mine = self.worker
        worker = Worker(mine.journal, mine.programs, mine.files, mine.realtime, lease=mine.lease)
        await worker.start()
        try:
            yield worker
        finally:
            await worker.stop()


class Here:
    """This process as the place where a run may be started held."""

    def __init__(self, worker: Worker, loop: "Loop") -> None:
        self._worker, self._loop = worker, loop

    @property
    def id(self) -> str:
        """The worker."""
        return self._worker.id

    def has_room(self, workspace: str) -> bool:
        """Whether one more run of this workspace fits."""
        return self._loop.has_room(workspace)

    async def inputs(self, run: str) -> dict[str, Json]:
        """What each step of a run was given."""
        return await self._worker.inputs(run)

    def adopt(self, run: Run, *, fresh: bool = False) -> None:
        """Advance a run that was inserted held."""
        self._worker.adopt(run, fresh=fresh)


@dataclass(frozen=True)
class Logins:
    """The URLs of the database: the owner's, for migrations, and those by which the two roles log in."""

    owner: str
    app: str
    engine: str

    @classmethod
    def of(cls, url: str) -> "Logins":
        """One URL for all: its user takes each role after it has logged in."""
        return cls(url, url, url)


@asynccontextmanager
async def database(settings: Settings) -> AsyncGenerator[Logins]:
    """The database that was given, or our own Postgres while this lasts."""
    if settings.database_url is not None:
        yield Logins.of(settings.database_url.get_secret_value())
        return
    from troupe.adapters.embedded.postgres import Postgres

    async with Postgres(settings.home) as postgres:
        yield Logins(postgres.url, postgres.url_of(APP), postgres.url_of(ENGINE))


async def migrate(url: str) -> list[str]:
    """Bring the schema up to date; the migrations applied."""
    from troupe.base import migrate as migrations

    return await migrations.migrate(url, MIGRATIONS)


@asynccontextmanager
async def embedded(settings: Settings, logins: Logins, *, lease: float | None = None) -> AsyncGenerator[Troupe]:
    """Troupe in one process, on a migrated database; runs are advanced while this lasts."""
    async with _parts(settings, logins, lease) as (troupe, loop, queue):
        worker = await troupe.worker.start()
        async with AsyncExitStack() as stack:
            stack.push_async_callback(worker.stop)
            await stack.enter_async_context(queue)
            await stack.enter_async_context(loop)
            yield replace(troupe, parts=replace(troupe.parts, runner=Here(worker, loop)))


@asynccontextmanager
async def between_calls(settings: Settings, logins: Logins) -> AsyncGenerator[Troupe]:
    """Troupe as a function keeps it: nothing goes on but in `working`."""
    async with _parts(settings, logins, None) as (troupe, _, _):
        yield troupe


@asynccontextmanager
async def _parts(
    settings: Settings, logins: Logins, lease: float | None
) -> AsyncGenerator[tuple[Troupe, "Loop", "OutboxQueue"]]:
    from troupe.adapters.embedded.files import FolderFiles
    from troupe.adapters.embedded.keys import FileKeys
    from troupe.adapters.embedded.mail import FolderMail, SmtpMail
    from troupe.adapters.embedded.orchestrator import Loop
    from troupe.adapters.embedded.queue import OutboxQueue
    from troupe.adapters.embedded.realtime import Hub
    from troupe.adapters.embedded.sandbox import MontySandbox

    if settings.test and settings.kill_at:
        checkpoints.arm(settings.kill_at)
    async with AsyncExitStack() as stack:
        app = await Database(logins.app, APP, size=12).open()
        stack.push_async_callback(app.close)
        engine = await Database(logins.engine, ENGINE, size=4).open()
        stack.push_async_callback(engine.close)
        files, hub = FolderFiles(settings.home / "files"), Hub()
        http = await stack.enter_async_context(Http(settings.egress_entries()))
        sandbox = MontySandbox()
        stack.push_async_callback(sandbox.close)
        beside = Beside()
        stack.push_async_callback(beside.close)
        smtp = settings.smtp_url
        mail = SmtpMail(smtp.get_secret_value()) if smtp else FolderMail(settings.home / "mail")
        keys, cache = FileKeys(settings.home / "keys" / "master"), _cache(settings, stack)
        choices = Choices(app, keys)
        lines = Lines(http, keys, cache, beside.connector, settings.commands())
        models = _models(settings, http)
        reach = Reach(app, http, files, mail, sandbox, models, beside, choices, cache, lines)
        journal = PgJournal(engine, app)
        stack.push_async_callback(journal.close)
        known = programs(app, reach, beside, lambda: parts)
        worker = Worker(journal, known, files, hub, lease=lease or settings.lease_seconds)
        upkeep = PgUpkeep(engine)

        async def keep_house() -> None:
            await sweep(upkeep, settings.keep_runs_days, queue.wake)

        async def go_on(run: RunId, leg: int) -> None:
            loop.start(run, leg)

        loop = Loop(worker, journal, max_recoveries=settings.max_recoveries, sweep=keep_house)
        queue = OutboxQueue(PgOutbox(engine), handlers(upkeep, files, go_on, lambda: parts))
        parts = Parts(
            settings, app, files, hub, loop, queue, cache, choices, lines, reach.names_of, Births(app),
            issuer=_issuer(settings, http),
        )  # fmt: skip
        yield Troupe(settings, parts, worker, journal, reach, upkeep), loop, queue


def programs(database: Database, reach: Reach, beside: Beside, parts: Callable[[], Parts]) -> dict[str, Registered]:
    """Every program that a run may name, by name and major version."""
    from troupe.catalog.registry import get_block

    means = Means(
        get_block,
        lambda attempt: cast(Any, AttemptContext(reach, attempt)),
        beside.expression,
        beside.block,
        passes=PASS,
    )
    plans = Plans(database, means)
    agents = Kept(database, agent_plan)

    async def graph(run: RunContext, input: Json) -> Json:
        await reach.choices.ready(run.workspace_id)
        return await plans.graph(run, input)

    async def agent(run: RunContext, input: Json) -> Json:
        from troupe.features.agents.program import AgentProgram
        from troupe.features.chat.program import Answering

        await reach.choices.ready(run.workspace_id)
        return await Answering(AgentProgram(agents.get, means, graph=GRAPH, agent=AGENT), parts)(run, input)

    async def completion(run: RunContext, input: Json) -> Json:
        from troupe.features.completions.program import CompletionProgram

        await reach.choices.ready(run.workspace_id)
        return await CompletionProgram(means.contexts)(run, input)

    known = [
        Registered(GRAPH, graph), Registered(PASS, plans.one_pass), Registered(AGENT, agent),
        Registered(COMPLETION, completion),
    ]  # fmt: skip
    return {f"{r.name}@{r.major}": r for r in known}


def _cache(settings: Settings, stack: AsyncExitStack) -> Callable[[], Awaitable[Cache]]:
    """The cache, made at first use, for most processes never count anything; in a thread, for its imports take long."""
    made: list[asyncio.Future[RedisCache]] = []

    def opened() -> "RedisCache":
        from troupe.adapters.embedded.cache import open_cache

        return open_cache(settings.redis_url.get_secret_value() if settings.redis_url else None)

    async def close() -> None:
        await (await made[0]).close()

    async def cache() -> Cache:
        if not made:
            made.append(asyncio.ensure_future(asyncio.to_thread(opened)))
            stack.push_async_callback(close)
        return await asyncio.shield(made[0])

    return cache


def _models(settings: Settings, http: Http) -> Any:
    """The model service, made at first use: a door that only answers imports none of it."""
    made: list[ModelService] = []

    def models() -> "ModelService":
        if not made:
            from troupe.features.models.service import ModelService

            made.append(ModelService(settings, http))
        return made[0]

    return models


def _issuer(settings: Settings, http: Http) -> Issuer | None:
    """Who says who people are, where the operator names one; its own host is admitted for that alone."""
    url = settings.oidc_issuer
    return Issuer(url, settings.audiences(), http.admitting(entry_of(url))) if url else None
