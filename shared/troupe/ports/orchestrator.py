"""Orchestrator: makes sure that `advance` is called for every run that has something to do."""

from typing import Protocol

from troupe.base.ids import RunId


class Orchestrator(Protocol):
    """Embedded: a loop over `runs`. On AWS: an execution of the state machine."""

    def start(self, run: RunId, leg: int) -> None:
        """See to it that the run is advanced; the same (run, leg) again changes nothing."""
        ...

    def wake(self, run: RunId) -> None:
        """The run may have something to do now."""
        ...

    def stop(self, run: RunId) -> None:
        """The run has been ended; forget it."""
        ...
