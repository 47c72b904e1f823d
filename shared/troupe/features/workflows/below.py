"""A run as a block's program sees it: every key stands below the key of its node."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from troupe.base.ids import RunId, WorkspaceId
from troupe.base.values import Json
from troupe.ports.run import Approval, Attempt, Child, RunContext, Signal, Step

if TYPE_CHECKING:
    from troupe.catalog.contract import Context


class Below:
    """A RunContext whose keys begin with `prefix/`; the empty key is the node's own. Steps and children are marked as
    the node's, children end by the node's time-out; `contexts` makes what a program's steps act with."""

    __slots__ = ("_contexts", "_node", "_prefix", "_run", "_timeout")

    def __init__(
        self,
        run: RunContext,
        prefix: str,
        node: str,
        timeout: float | None,
        contexts: "Callable[[Attempt], Context]",
    ) -> None:
        self._contexts = contexts
        self._run = run
        self._prefix = prefix
        self._node = node
        self._timeout = timeout

    def context(self, attempt: Attempt) -> "Context":
        """What a step of the program may act with."""
        return self._contexts(attempt)

    def _key(self, key: str) -> str:
        return f"{self._prefix}/{key}" if key else self._prefix

    def _child(self, child: Child) -> Child:
        return replace(child, timeout=child.timeout or self._timeout) if self._timeout else child

    @property
    def id(self) -> RunId:
        return self._run.id

    @property
    def workspace_id(self) -> WorkspaceId:
        return self._run.workspace_id

    @property
    def version(self) -> str | None:
        return self._run.version

    @property
    def only(self) -> str | None:
        return None

    def given(self) -> dict[str, Json]:
        return {}

    @property
    def dry_run(self) -> bool:
        return self._run.dry_run

    async def step(self, key: str, step: Step, args: Json) -> Json:
        return await self._run.step(self._key(key), replace(step, node=step.node or self._node), args)

    async def wait(self, key: str, awaited: Signal | Approval) -> Json:
        return await self._run.wait(self._key(key), awaited)

    async def sleep(self, key: str, *, seconds: float | None = None, until: datetime | None = None) -> None:
        await self._run.sleep(self._key(key), seconds=seconds, until=until)

    async def skip(self, key: str, reason: str) -> None:
        await self._run.skip(self._key(key), reason)

    async def map(
        self,
        key: str,
        items: Sequence[Json],
        one: Callable[[int, Json], Awaitable[Json]],
        *,
        at_once: int,
        child: Callable[[int, Json], Child] | None = None,
    ) -> list[Json]:
        """Passes use keys of this context, so they begin with `key[index]/` here too."""
        return await self._run.map(self._key(key), items, one, at_once=at_once, child=child)

    async def together(self, *branches: Callable[[], Awaitable[Any]]) -> list[Any]:
        return await self._run.together(*branches)

    async def begun(self, key: str) -> bool:
        return await self._run.begun(self._key(key))

    async def transact(self, key: str, fn: Callable[[Any], Awaitable[Json]]) -> Json:
        return await self._run.transact(self._key(key), fn)

    async def call(self, key: str, child: Child) -> Json:
        return await self._run.call(self._key(key), self._child(child))

    def now(self, key: str) -> Awaitable[datetime]:
        return self._run.now(self._key(key))
