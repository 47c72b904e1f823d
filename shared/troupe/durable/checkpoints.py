"""Named places in the executor where a test may kill the process."""

import os
import signal
from enum import StrEnum


class Checkpoint(StrEnum):
    """Every place, in the order a step meets them."""

    BEFORE_CLAIM = "before_claim"
    AFTER_CLAIM = "after_claim"
    BEFORE_RESERVE = "before_reserve"
    AFTER_RESERVE = "after_reserve"
    BEFORE_INTENT = "before_intent"
    AFTER_INTENT = "after_intent"
    BEFORE_EFFECT = "before_effect"
    AFTER_EFFECT = "after_effect"
    BEFORE_COMMIT = "before_commit"
    AFTER_COMMIT = "after_commit"
    BEFORE_TRANSACT = "before_transact"
    AFTER_TRANSACT = "after_transact"
    BEFORE_PARK = "before_park"
    AFTER_PARK = "after_park"
    BEFORE_EMIT = "before_emit"
    AFTER_EMIT = "after_emit"
    BEFORE_ACK = "before_ack"
    AFTER_ACK = "after_ack"


def checkpoints() -> list[str]:
    """The names, for whoever kills at each."""
    return [str(c) for c in Checkpoint]


_armed: tuple[str, int] | None = None
_passes = 0


def arm(spec: str) -> None:
    """Kill this process at `name[:n]`, the nth pass of the checkpoint; an empty text disarms."""
    global _armed, _passes
    name, _, nth = spec.partition(":")
    _armed = (str(Checkpoint(name)), int(nth or 1)) if name else None
    _passes = 0


def passing(checkpoint: Checkpoint) -> None:
    """The executor passes here."""
    if _armed is not None and _armed[0] == checkpoint:
        _count()


def _count() -> None:
    global _passes
    _passes += 1
    if _armed and _passes == _armed[1]:
        os.kill(os.getpid(), signal.SIGKILL)
