"""A kind of definition: how its text is read, and what of it counts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from troupe.base.errors import Problem
from troupe.base.values import Json


@dataclass(frozen=True, slots=True)
class Edge:
    """A part that waits for another of its frame: for what it gives, or (`after`) only for its end.

    Both are ids from the outside in, joined by `.`.
    """

    before: str
    to: str
    kind: Literal["data", "after"]


@dataclass(frozen=True, slots=True)
class Read:
    """What reading a text gave: the problems; where there are none what a version keeps; the edges anyhow."""

    problems: list[Problem] = field(default_factory=list[Problem])
    name: str = ""
    title: str = ""
    hash: str = ""
    input_schema: dict[str, Any] = field(default_factory=dict[str, Any])
    output_schema: dict[str, Any] = field(default_factory=dict[str, Any])
    edges: list[Edge] = field(default_factory=list[Edge])


@dataclass(frozen=True, slots=True)
class Kind:
    """`name` as in `troupe: NAME/v1`. `read` never raises; `meaning` gives what counts of a value it read."""

    name: str
    read: Callable[[str], Read]
    meaning: Callable[[Json], dict[str, Any]]
