"""What a block is given for one attempt. Everything a block can reach is on it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import JsonValue

from troupe.base.db import Database
from troupe.base.http import Http
from troupe.features.files.service import WorkspaceFiles
from troupe.ports.files import Files
from troupe.ports.mail import Mail
from troupe.ports.run import Attempt, Usage
from troupe.ports.sandbox import Sandbox

if TYPE_CHECKING:
    from troupe.features.models.attempt import AttemptModels
    from troupe.features.models.service import ModelService


@dataclass(frozen=True)
class Reach:
    """What all attempts of a process share."""

    database: Database
    http: Http
    files: Files
    mail: Mail
    sandbox: Sandbox
    models: "Callable[[], ModelService]"


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
        return self._reach.models().bind(attempt.meter, attempt.tell, seconds_left=attempt.seconds_left)

    @property
    def files(self) -> WorkspaceFiles:
        return WorkspaceFiles(self._reach.database, self._reach.files, self._attempt.workspace_id)

    def now(self) -> datetime:
        """The time of this attempt; it is the attempt's result that is journaled."""
        return datetime.now(UTC)

    def meter(self, used: Usage) -> None:
        """Add to what this attempt has used."""
        self._attempt.meter(used)

    def tell(self, kind: str, data: JsonValue) -> None:
        """Show transient progress to whoever watches."""
        self._attempt.tell(kind, data)
