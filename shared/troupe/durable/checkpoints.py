"""Named places in the executor where a test may kill the process."""

import os
import signal
from collections.abc import Callable
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


_hook: Callable[[Checkpoint], None] | None = None


def arm(spec: str) -> None:
    """Kill this process at `name[:n]`, the nth pass of the checkpoint; an empty text disarms."""
    name, _, nth = spec.partition(":")
    observe(_killer(Checkpoint(name), int(nth or 1)) if name else None)


def observe(hook: Callable[[Checkpoint], None] | None) -> None:
    """Call this at every pass, instead of what was armed; None for nothing."""
    global _hook
    _hook = hook


def passing(checkpoint: Checkpoint) -> None:
    """The executor passes here."""
    if _hook is not None:
        _hook(checkpoint)


def _killer(at: Checkpoint, nth: int) -> Callable[[Checkpoint], None]:
    left = nth

    def kill(checkpoint: Checkpoint) -> None:
        nonlocal left
        if checkpoint == at:
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    return kill
