"""Garbage: what a process that serves for long asks of Python's collector."""

import gc

YOUNG, MIDDLE, OLD = 10_000, 20, 50  # objects more than were freed; rounds of the young, rounds of the middle


def settle() -> None:
    """Everything that is there was made to stay: look at none of it again, and at what is new less often (measured: 5
    to 7 % of the CPU of short runs). Call once, where a process begins to serve."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
