"""Wiring: the one place that puts ports, adapters and features together."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from troupe.app.beside import Beside
from troupe.app.context import Reach
from troupe.app.messages import handlers
from troupe.app.programs import programs
from troupe.base.db import APP, ENGINE, Database
from troupe.base.errors import Unavailable
from troupe.base.http import Http
from troupe.base.http.hosts import entry_of
from troupe.base.ids import RunId, WorkspaceId
from troupe.base.settings import Settings
from troupe.base.tasks import end
from troupe.base.values import Json
from troupe.durable import checkpoints
from troupe.durable.births import Births
from troupe.durable.models import Run
from troupe.durable.outbox.store import PgOutbox
from troupe.durable.store import PgJournal
from troupe.durable.upkeep.store import PgUpkeep
from troupe.durable.upkeep.sweep import sweep
from troupe.durable.worker import Worker
from troupe.features.accounts.issuer import Issuer
from troupe.features.connections.lines import Lines
from troupe.features.models.choices import Choices
from troupe.features.scope import Parts, Runner
from troupe.ports.cache import Cache
from troupe.ports.files import Files
from troupe.ports.keys import Keys
from troupe.ports.mail import Mail
from troupe.ports.orchestrator import Orchestrator
from troupe.ports.queue import Queue
from troupe.ports.realtime import Realtime
from troupe.ports.sandbox import Sandbox

if TYPE_CHECKING:
    from troupe.adapters.embedded.cache import RedisCache
    from troupe.adapters.embedded.orchestrator import Loop
    from troupe.app.cloud import Cloud
    from troupe.features.models.service import ModelService

MIGRATIONS = Path(__file__).parents[1] / "migrations"
TO_END = 15.0  # seconds that a call keeps for its own end
FUNCTION, SERVICE = (2, 1), (8, 2)  # connections at most, of the app's and the engine's role; one more writes journals
LONGEST_CALL = 600.0  # seconds that a step may take in a function, which lives for 900
LONGEST_WORK = 11 * 3600.0  # and on a worker: SQS keeps a message from others for 12 hours at most
LOOK = 5.0  # seconds until a worker looks again for what came from other processes


@dataclass(frozen=True)
class Troupe:
    """One process: what its doors call, and what advances runs."""

    settings: Settings
    parts: Parts
    worker: Worker
    journal: PgJournal
    reach: Reach
    upkeep: PgUpkeep
    cloud: "Cloud | None" = None

    @asynccontextmanager
    async def working(self, seconds: float, longest: float = LONGEST_CALL) -> AsyncGenerator[Worker]:
        """A worker that holds a lease for as long as a call lasts, which has so many seconds left; `longest`: of a step
        in calls like this one.

        One at a time: they share the journal's line.
        """
        mine = self.worker
        worker = Worker(mine.journal, mine.programs, mine.files, mine.realtime, lease=mine.lease)
        farthest = LONGEST_WORK if self.settings.work_queue else longest
        await worker.end_in(seconds - TO_END, longest=longest, farthest=farthest).start()
        looking = asyncio.create_task(_look_after(worker, self.settings.max_recoveries))
        try:
            yield worker
        finally:
            await end(looking)
            await worker.stop()


async def _look_after(worker: Worker, max_recoveries: int) -> None:
    """Free the runs of calls that were cut, and have slices see what came for them within seconds."""
    while True:
        with contextlib.suppress(Unavailable):
            await worker.journal.take_over(max_recoveries)
            await worker.look()
        await asyncio.sleep(LOOK)


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


class Visitor:
    """A process that holds no runs between calls."""

    id = ""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def has_room(self, workspace: str) -> bool:
        """For none."""
        return False

    async def inputs(self, run: str) -> dict[str, Json]:
        """What each step of a run was given."""
        return await self._worker.inputs(run)

    def adopt(self, run: Run, *, fresh: bool = False) -> None:
        """Not here."""
        raise AssertionError(f"The run {run.id} is held by nobody here.")


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
    from troupe.adapters.embedded.orchestrator import Loop
    from troupe.adapters.embedded.queue import OutboxQueue
    from troupe.app.home import Home

    async with AsyncExitStack() as stack:
        base = await _base(settings, logins, stack, (12, 4))
        core = await _core(base, Home(settings), lease, stack)
        worker, upkeep = core.worker, PgUpkeep(base.engine)

        async def keep_house() -> None:
            await sweep(upkeep, settings.keep_runs_days, queue.wake)

        async def go_on(run: RunId, leg: int) -> None:
            loop.start(run, leg)

        loop = Loop(worker, base.journal, max_recoveries=settings.max_recoveries, sweep=keep_house)
        queue = OutboxQueue(PgOutbox(base.engine), handlers(upkeep, core.place.files, go_on, base.parts))
        troupe = core.made(loop, queue, Here(worker, loop))
        await worker.start()
        stack.push_async_callback(worker.stop)
        await stack.enter_async_context(queue)
        await stack.enter_async_context(loop)
        yield troupe


@asynccontextmanager
async def between_calls(
    settings: Settings, logins: Logins, connections: tuple[int, int] = FUNCTION
) -> AsyncGenerator[Troupe]:
    """Troupe on AWS as a function keeps it: nothing goes on but in `working`. A function has one call at a time, which
    may look something up beside its transaction."""
    from troupe.app.cloud import Cloud

    async with AsyncExitStack() as stack:
        base = await _base(settings, logins, stack, connections)
        cloud = Cloud(settings, base.engine, base.journal, base.parts)
        core = await _core(base, cloud, None, stack)
        yield core.made(cloud.orchestrator, cloud.queue, Visitor(core.worker), cloud)


class Place(Protocol):
    """The adapters of one machine (`app/home`) or of AWS (`app/cloud`)."""

    @property
    def files(self) -> Files: ...
    @property
    def keys(self) -> Keys: ...
    @property
    def sandbox(self) -> Sandbox: ...
    @property
    def realtime(self) -> Realtime: ...
    def mail(self) -> Mail: ...
    def cache(self) -> "RedisCache": ...
    async def close(self) -> None: ...


@dataclass(frozen=True)
class _Base:
    """What comes before the adapters. `born`: the parts of this process, once they are made."""

    settings: Settings
    app: Database
    engine: Database
    journal: PgJournal
    born: list[Parts]

    def parts(self) -> Parts:
        return self.born[0]


async def _base(settings: Settings, logins: Logins, stack: AsyncExitStack, sizes: tuple[int, int]) -> _Base:
    """`sizes`: connections of the app's and of the engine's role, at most."""
    if settings.test and settings.kill_at:
        checkpoints.arm(settings.kill_at)
    app = await Database(logins.app, APP, size=sizes[0]).open()
    stack.push_async_callback(app.close)
    engine = await Database(logins.engine, ENGINE, size=sizes[1]).open()
    stack.push_async_callback(engine.close)
    journal = PgJournal(engine, app, posts=settings.event_bus is not None)
    stack.push_async_callback(journal.close)
    return _Base(settings, app, engine, journal, [])


@dataclass(frozen=True)
class _Core:
    """What comes after the adapters, wherever they are."""

    base: _Base
    place: Place
    worker: Worker
    reach: Reach
    issuer: Issuer | None

    def made(self, orchestrator: Orchestrator, queue: Queue, runner: Runner, cloud: "Cloud | None" = None) -> Troupe:
        base, reach = self.base, self.reach
        parts = Parts(
            base.settings, base.app, self.place.files, self.place.realtime, orchestrator, queue, reach.cache,
            reach.choices, reach.lines, reach.names_of, Births(base.app), reach.beside.expression, runner, self.issuer,
        )  # fmt: skip
        base.born.append(parts)
        return Troupe(base.settings, parts, self.worker, base.journal, reach, PgUpkeep(base.engine), cloud)


async def _core(base: _Base, place: Place, lease: float | None, stack: AsyncExitStack) -> _Core:
    settings = base.settings
    stack.push_async_callback(place.close)
    http = await stack.enter_async_context(Http(settings.egress_entries()))
    beside = Beside()
    stack.push_async_callback(beside.close)
    cache, choices = _cache(place, stack), Choices(base.app, place.keys)
    lines = Lines(http, place.keys, cache, beside.connector, _renewal(base.app), settings.commands())
    models = _models(settings, http)
    reach = Reach(base.app, http, place.files, place.mail(), place.sandbox, models, beside, choices, cache, lines)
    known = programs(base.app, reach, beside, base.parts)
    worker = Worker(base.journal, known, place.files, place.realtime, lease=lease or settings.lease_seconds)
    return _Core(base, place, worker, reach, _issuer(settings, http))


def _renewal(database: Database) -> Callable[[WorkspaceId, str, bytes, bytes], Awaitable[None]]:
    async def renew(workspace: WorkspaceId, credential: str, wrapped: bytes, sealed: bytes) -> None:
        from troupe.features.connections.store import renew_credential

        async with database.workspace(workspace) as db:
            await renew_credential(db, credential, wrapped, sealed)

    return renew


def _cache(place: Place, stack: AsyncExitStack) -> Callable[[], Awaitable[Cache]]:
    """The cache, made at first use, for most processes never count anything; in a thread, for its imports take long."""
    made: list[asyncio.Future[RedisCache]] = []

    async def close() -> None:
        await (await made[0]).close()

    async def cache() -> Cache:
        if not made:
            made.append(asyncio.ensure_future(asyncio.to_thread(place.cache)))
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
