"""What a block is given for one attempt. Everything a block can reach is on it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from pydantic import JsonValue

from troupe.app.beside import Beside
from troupe.base.db import Database
from troupe.base.errors import BadInput, NotFound, Rejected
from troupe.base.http import Http
from troupe.base.ids import WorkspaceId
from troupe.features.connections.lines import Lines
from troupe.features.files.service import WorkspaceFiles
from troupe.features.models.choices import Choices
from troupe.ports.cache import Cache
from troupe.ports.files import Files
from troupe.ports.mail import Mail
from troupe.ports.run import Attempt, Usage
from troupe.ports.sandbox import Sandbox

if TYPE_CHECKING:
    from troupe.catalog.contract import Found, Resolved
    from troupe.features.connections.tools import WorkspaceTools
    from troupe.features.definitions.kind import Kind
    from troupe.features.definitions.store import VersionRow
    from troupe.features.memory.recall import AttemptMemories
    from troupe.features.models.attempt import AttemptModels
    from troupe.features.models.service import ModelService
    from troupe.features.scope import ModelNames

LEVELS = 30  # runs below runs
FEW = 20  # items of a list whose expressions are evaluated in this process


@dataclass(frozen=True)
class Reach:
    """What all attempts of a process share."""

    database: Database
    http: Http
    files: Files
    mail: Mail
    sandbox: Sandbox
    models: "Callable[[], ModelService]"
    beside: Beside
    choices: Choices
    cache: Callable[[], Awaitable[Cache]]
    lines: Lines

    def models_of(self, attempt: Attempt) -> "AttemptModels":
        """The models of one attempt, by its workspace's choices."""
        from troupe.features.models.answers import Answers
        from troupe.features.models.attempt import Workspace

        workspace = WorkspaceId(attempt.workspace_id)
        chosen, left = self.choices.of(workspace), attempt.seconds_left
        own = Workspace(workspace, chosen.routes, Answers(self.cache), partial(self.models_now, workspace))
        service = self.models().on(chosen.own)
        return service.bind(attempt.meter, attempt.tell, seconds_left=left, workspace=own)

    async def models_now(self, workspace: WorkspaceId, *names: str) -> "ModelService":
        """The models of a workspace as they were some seconds ago at most, or now where one of these is unknown."""
        await self.choices.ready(workspace)
        service = self.models().on(self.choices.of(workspace).own)
        if all(service.routes.knows(name) for name in names):
            return service
        await self.choices.ready(workspace, again=True)
        return self.models().on(self.choices.of(workspace).own)

    async def names_of(self, workspace: WorkspaceId, *names: str) -> "ModelNames":
        """What a workspace may name."""
        return (await self.models_now(workspace, *names)).routes


class Cel:
    """The Expressions of catalog/contract: small ones here, heavy ones and long lists in a worker process."""

    def __init__(self, beside: Beside) -> None:
        self._beside = beside

    async def evaluate(self, source: str, variables: dict[str, JsonValue]) -> JsonValue:
        """The value of an expression."""
        from troupe.features.workflows.expressions import Heavy, Scope, compile_expression

        try:
            return cast(JsonValue, compile_expression(source)(Scope(variables)))
        except Heavy:
            return cast(JsonValue, await self._beside.expression(source, cast(Any, variables)))

    async def each(self, source: str, items: Sequence[JsonValue], variables: dict[str, JsonValue]) -> list[JsonValue]:
        """Its value for every item."""
        if len(items) <= FEW:
            return [await self.evaluate(source, {**variables, "item": x, "index": i}) for i, x in enumerate(items)]
        return cast(Any, await self._beside.expressions(source, cast(Any, list(items)), cast(Any, variables)))


class WorkspaceDefinitions:
    """The Definitions of catalog/contract, as one run may call them."""

    def __init__(self, kind: "Kind", database: Database, workspace: str, run: str) -> None:
        self._kind, self._database, self._workspace, self._run = kind, database, WorkspaceId(workspace), run

    async def find(self, ref: str) -> "Found":
        """What a reference stands for now."""
        row = await self._version(ref)
        return {
            "version": row.id, "subject": self._subject(row), "name": row.name or "", "title": row.title,
            "input_schema": row.input_schema,
        }  # fmt: skip

    async def resolve(self, ref: str, input: JsonValue) -> "Resolved":
        """The version that a reference stands for now, and that it takes the input."""
        from troupe.features.definitions.service import check_input

        row = await self._version(ref)
        try:
            check_input(row, input)
        except BadInput as wrong:
            raise Rejected(f"{ref} cannot take this input: {wrong.message}", code="bad_input") from None
        return {"version": row.id, "subject": self._subject(row)}

    def _subject(self, row: "VersionRow") -> str:
        return f"{self._kind.name}:{row.definition_id}"

    async def _version(self, ref: str) -> "VersionRow":
        from troupe.features.definitions import service as definitions
        from troupe.features.runs import store as runs

        kind = self._kind.name
        async with self._database.workspace(self._workspace) as db:
            if await runs.count_levels(db, self._run, LEVELS) >= LEVELS:
                hint = f"A {kind} that calls itself needs something that ends it."
                message = f"Runs call one another {LEVELS} levels deep here, and no deeper."
                raise Rejected(message, code="too_deep", hint=hint)
            try:
                return await definitions.resolve(db, self._kind, ref)
            except NotFound as wrong:
                hint = f"Name one of this workspace's {kind}s, like name, name@production or name@3."
                raise Rejected(wrong.message, code=f"no_such_{kind}", hint=hint) from None


class AttemptContext:
    """The Context of catalog/contract for one attempt; what few blocks use is made when it is used."""

    __slots__ = ("_attempt", "_reach", "http", "mail", "sandbox")

    def __init__(self, reach: Reach, attempt: Attempt) -> None:
        self._reach, self._attempt = reach, attempt
        self.http, self.mail, self.sandbox = reach.http, reach.mail, reach.sandbox

    @property
    def workspace_id(self) -> str:
        return self._attempt.workspace_id

    @property
    def run_id(self) -> str:
        return self._attempt.run_id

    @property
    def step(self) -> str:
        return self._attempt.step

    @property
    def effect_key(self) -> str:
        return self._attempt.effect_key

    @property
    def seconds_left(self) -> float:
        return self._attempt.seconds_left

    @property
    def model(self) -> "AttemptModels":
        attempt = self._attempt
        return self._reach.models_of(attempt)

    @property
    def files(self) -> WorkspaceFiles:
        attempt = self._attempt
        seal = (attempt.run_id, attempt.effect_key) if attempt.effect_key else None
        return WorkspaceFiles(self._reach.database, self._reach.files, attempt.workspace_id, seal)

    @property
    def expressions(self) -> Cel:
        return Cel(self._reach.beside)

    @property
    def workflows(self) -> WorkspaceDefinitions:
        from troupe.features.workflows.service import WORKFLOW

        return self._definitions(WORKFLOW)

    @property
    def agents(self) -> WorkspaceDefinitions:
        from troupe.features.agents.service import AGENT

        return self._definitions(AGENT)

    @property
    def memory(self) -> "AttemptMemories":
        from troupe.features.memory.recall import AttemptMemories

        return AttemptMemories(self._reach.database, self.model, self._attempt)

    @property
    def tools(self) -> "WorkspaceTools":
        from troupe.features.connections.link import Use
        from troupe.features.connections.tools import WorkspaceTools

        attempt = self._attempt
        use = Use(WorkspaceId(attempt.workspace_id), self.files, attempt.effect_key, attempt.seconds_left)
        return WorkspaceTools(self._reach.database, self._reach.lines, use)

    def _definitions(self, kind: "Kind") -> WorkspaceDefinitions:
        return WorkspaceDefinitions(kind, self._reach.database, self._attempt.workspace_id, self._attempt.run_id)

    async def compute(self, block: str, given: dict[str, JsonValue]) -> dict[str, JsonValue]:
        """The output of a `cpu` block, made in a worker process."""
        seconds = max(self._attempt.seconds_left, 1.0)
        return cast(Any, await self._reach.beside.block(block, cast(Any, given), seconds=seconds))

    def now(self) -> datetime:
        """The time of this attempt; it is the attempt's result that is journaled."""
        return datetime.now(UTC)

    def meter(self, used: Usage) -> None:
        """Add to what this attempt has used."""
        self._attempt.meter(used)

    def tell(self, kind: str, data: JsonValue) -> None:
        """Show transient progress to whoever watches."""
        self._attempt.tell(kind, data)
