"""The checker: every problem of a definition at once, each with its place and what to do; and what it takes and gives.

`check(text, blocks)` never raises. `blocks(id)` gives a block's entry of the catalogue (registry.describe) or None.
"""

# pyright: reportUnknownArgumentType=false
# (schemas come as JSON)

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from troupe.base.errors import BadInput, Problem, tree
from troupe.base.values import Json
from troupe.features.definitions.document import Document, in_order, pointer
from troupe.features.definitions.kind import Edge
from troupe.features.definitions.schema import inline, wrong_schema
from troupe.features.definitions.structure import structure
from troupe.features.definitions.text import read
from troupe.features.workflows import definition as d
from troupe.features.workflows.expressions import (
    ExpressionError,
    Heavy,
    Ref,
    Schema,
    Scope,
    compile_expression,
    infer,
    kinds,
    union,
)
from troupe.features.workflows.graph import kind_of, order
from troupe.features.workflows.inputs import as_inputs, misfits
from troupe.features.workflows.names import Env
from troupe.features.workflows.scan import Placed, Scan
from troupe.features.workflows.schema import RUN, of_output, of_template, with_error
from troupe.features.workflows.template import Need, needs

Blocks = Callable[[str], dict[str, Any] | None]
MAX_PATH = 300  # characters of the ids from the outermost frame in, so that a key stays below 512 bytes
MAX_PROBLEMS = 1_000
_FRAME_KEYS = ("with_", "retry", "timeout", "effect", "approve")
_BLOCK_KEYS = ("nodes", "output")
_ONLY_IN = {"item": "an each", "previous": "a loop", "index": "an each or a loop"}


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checker found. `definition` is whole only where there are no problems; `edges` as far as can be read."""

    problems: list[Problem]
    definition: d.Workflow | None = None
    edges: list[Edge] = field(default_factory=list[Edge])
    input_schema: Schema = field(default_factory=dict[str, Any])
    output_schema: Schema = field(default_factory=dict[str, Any])

    @property
    def ok(self) -> bool:
        return not self.problems


def check(text: str, blocks: Blocks, *, ids: Collection[str] = ()) -> Checked:
    """All problems of a text in its order, a thousand at most. `ids` are the blocks there are, for hints."""
    try:
        document = read(text)
    except BadInput as unreadable:
        return Checked(in_order(unreadable.problems))
    definition, problems = structure(document, d.SHAPE)
    problems = document.problems + problems
    if definition is None:
        return Checked(in_order(problems)[:MAX_PROBLEMS])
    checker = _Checker(document, blocks, ids, {p.path for p in problems})
    output = checker.workflow(definition)
    found = in_order([*problems, *checker.problems])[:MAX_PROBLEMS]
    return Checked(
        found, definition, checker.edges, definition.input if isinstance(definition.input, dict) else {}, output
    )


class _Checker:
    def __init__(self, document: Document, blocks: Blocks, ids: Collection[str], broken: set[str]) -> None:
        self.document = document
        self.blocks = blocks
        self.ids = ids
        self.broken = broken
        self.problems: list[Problem] = []
        self.scan = Scan(lambda path, wrong: self.report(path, wrong.code, wrong.message, wrong.hint, at=wrong.at))
        self.entries: dict[str, tuple[dict[str, Any], Schema, Schema] | None] = {}
        self.edges: list[Edge] = []

    def report(
        self, path: str, code: str, message: str, hint: str = "", *, at: int | None = None, key: bool = False
    ) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            line, column = self.document.place(path, at=at, key=key)
            self.problems.append(Problem(path, code, message, hint, line, column))

    def workflow(self, definition: d.Workflow) -> Schema:
        """Check it all; the schema of the output."""
        given = definition.input
        if wrong := wrong_schema(given):
            self.report("/input", "wrong_schema", wrong, "Use JSON Schema 2020-12.")
        env = Env({"input": inline(given) if not wrong else {}, "run": RUN})
        for id, node in definition.nodes.items():
            self.scan.node(node, f"/nodes{pointer(id)}")
        tail = list(self.scan.texts(definition.output, "/output"))
        if not definition.nodes and "/nodes" not in self.broken:
            self.report("/nodes", "empty", "A workflow has at least one node.")
        inner = self.frame(definition.nodes, "/nodes", env, "")
        self.expressions(tail, inner)
        return of_output(definition.output, inner.schema, inner.may_lack)

    # ── expressions ─────────────────────────────────────────────────────────────────────────────────────────────────

    def expressions(self, found: Iterable[Placed], env: Env) -> None:
        """Unknown names and certain mistakes."""
        for path, at, expression in found:
            for ref in expression.refs:
                if env.schema(ref.name) is None:
                    self.unknown(path, at, ref, env)
            for mistake in infer(expression, env.schema)[1]:
                self.report(path, mistake.code, mistake.message, mistake.hint, at=at + mistake.at)

    def unknown(self, path: str, at: int, ref: Ref, env: Env) -> None:
        name = ref.name
        near = get_close_matches(name, env.visible(), 1)
        hint = f"Did you mean {near[0]}?" if near else f"Known here are {', '.join(sorted(env.visible())[:20])}."
        if name in _ONLY_IN:
            hint = f"{name} is there only inside {_ONLY_IN[name]}."
        elif home := self.scan.homes.get(name):
            hint = f"{name} stands inside {home}; from outside only the output of {home} is seen."
        self.report(path, "unknown_name", f"There is no {name!r} here.", hint, at=at + ref.at)

    # ── frames ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def frame(self, nodes: dict[str, d.Node], path: str, outer: Env, prefix: str) -> Env:
        """Check the nodes of a frame, each after what it needs; the names as they are at its end."""
        env = Env({id: {} for id in nodes}, outer)
        for id in nodes:
            self.id(id, path + pointer(id), outer, prefix)
        wanted = {id: self.wanted(id, node, nodes, path + pointer(id)) for id, node in nodes.items()}
        self.edges += [self.edge(before, id, path + pointer(id), prefix) for id in nodes for before in wanted[id]]
        done = order(wanted)
        if len(done) < len(nodes):
            self.cycles(wanted, set(nodes) - set(done), path)
        for id in [*done, *(i for i in nodes if i not in set(done))] if len(done) < len(nodes) else done:
            env.schemas[id] = self.node(id, nodes[id], path + pointer(id), env, prefix + id)
        return env

    def id(self, id: str, path: str, outer: Env, prefix: str) -> None:
        if not d.NAME.fullmatch(id):
            hint = "Use small letters, digits and _, a letter first, 63 at most."
            self.report(path, "bad_name", f"{id[:80]!r} cannot be the id of a node.", hint, key=True)
        elif id in d.TAKEN:
            self.report(path, "reserved_name", f"{id!r} is a word with a meaning of its own.", key=True)
        elif outer.schema(id) is not None:
            self.report(path, "shadowed", f"There is a node {id!r} around this one.", "Choose another id.", key=True)
        elif len(prefix) + len(id) > MAX_PATH:
            self.report(path, "too_deep", "The ids of the frames around this node are too long.", key=True)

    def wanted(self, id: str, node: d.Node, nodes: dict[str, d.Node], path: str) -> list[str]:
        for i, name in enumerate(node.after):
            if name not in nodes:
                near = get_close_matches(name, nodes, 1)
                hint = f"Did you mean {near[0]}?" if near else "`after` names nodes of the same frame."
                self.report(f"{path}/after/{i}", "unknown_name", f"There is no node {name!r} here.", hint)
        return [n for n in dict.fromkeys([*self.scan.nodes[path].free, *node.after]) if n in nodes]

    def edge(self, before: str, id: str, path: str, prefix: str) -> Edge:
        """From a node to one that waits for it."""
        within = prefix.replace("/", ".")
        return Edge(within + before, within + id, "data" if before in self.scan.nodes[path].free else "after")

    def cycles(self, wanted: dict[str, list[str]], stuck: set[str], path: str) -> None:
        """Each cycle once, at its first node; what only waits for one is unreachable."""
        told: set[str] = set()
        for start in [id for id in wanted if id in stuck]:
            trail: dict[str, None] = {}
            here: str | None = start
            while here is not None and here not in trail and here not in told:
                trail[here] = None
                here = next((n for n in wanted[here] if n in stuck), None)
            if here is not None and here in trail:
                ring = list(trail)[list(trail).index(here) :]
                way = " → ".join([*ring[:10], *(["…"] if len(ring) > 10 else []), ring[0]])
                message = f"{here} needs itself." if len(ring) == 1 else f"These nodes wait for each other: {way}."
                self.report(path + pointer(here), "cycle", message, "Take one of the references out.", key=True)
                told.update(ring)
            for id in trail:
                if id not in told:
                    told.add(id)
                    self.report(path + pointer(id), "unreachable", f"{id} waits for a cycle and never runs.", key=True)

    # ── nodes ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def node(self, id: str, node: d.Node, path: str, env: Env, prefix: str) -> Schema:
        """Check a node; the schema of what it gives."""
        seen = self.scan.nodes[path]
        self.expressions(seen.own, env)
        hard = needs(ref for _, _, expression in seen.own for ref in expression.refs)
        if node.when is not None or any(env.may_lack(need) for need in hard):
            env.skippable.add(id)
        if node.on_error == "continue":
            env.lenient.add(id)
        self.when(node, path, env)
        if self.dead(id, node, path, env, hard):
            env.never.add(id)
        given = [kind for kind in ("block", "each", "loop") if getattr(node, kind) is not None]
        if len(given) != 1:
            if path not in self.broken:
                self.report(path, "one_kind", "A node is exactly one of block, each and loop.", key=True)
            return {}
        self.keys(node, given[0], path)
        shape = self.block(node, path, env) if given[0] == "block" else self.inside(node, path, env, prefix)
        return with_error(shape) if node.on_error == "continue" else shape

    def keys(self, node: d.Node, kind: str, path: str) -> None:
        for key in (_BLOCK_KEYS if kind == "block" else _FRAME_KEYS) if path not in self.broken else ():
            if key in node.model_fields_set:
                name = key.rstrip("_")
                self.report(f"{path}/{name}", "unknown_key", f"A node with {kind} has no {name!r}.", key=True)
        for i, code in enumerate(node.retry.on if node.retry else ()):
            retryable = sorted(c for c, k in tree().items() if k.retryable)
            if code not in retryable:
                near = get_close_matches(code, retryable, 1)
                hint = f"Did you mean {near[0]}?" if near else f"Retried can be {', '.join(retryable)}."
                message = f"{code!r} is no code of a failure that can be retried."
                self.report(f"{path}/retry/on/{i}", "bad_retry_code", message, hint)

    def dead(self, id: str, node: d.Node, path: str, env: Env, hard: tuple[Need, ...]) -> bool:
        """Whether the node never runs: its condition is always false, or it needs a node that never runs."""
        if _never(node.when):
            self.report(f"{path}/when", "unreachable", "This condition is never true, so the node never runs.")
            return True
        for name, _ in hard:
            if env.is_never(name):
                self.report(path, "unreachable", f"{id} needs {name}, which never runs.", key=True)
                return True
        return False

    def when(self, node: d.Node, path: str, env: Env) -> None:
        """A condition is true or false."""
        if isinstance(node.when, str):
            for where, at, expression in self.scan.nodes[path].own:
                known = kinds(infer(expression, env.schema)[0]) if where == f"{path}/when" else set[str]()
                if known and "boolean" not in known:
                    self.report(where, "wrong_type", "A condition must be true or false.", at=at)

    def block(self, node: d.Node, path: str, env: Env) -> Schema:
        id = node.block or ""
        if id not in self.entries:
            entry = self.blocks(id)
            self.entries[id] = None if entry is None else (
                entry, inline(entry.get("input_schema")), inline(entry.get("output_schema")),
            )  # fmt: skip
        found = self.entries[id]
        if found is None:
            near = get_close_matches(id, self.ids, 1)
            hint = f"Did you mean {near[0]}?" if near else "`troupe blocks list` shows those there are."
            self.report(f"{path}/block", "unknown_block", f"There is no block {id[:100]!r}.", hint)
            return {}
        self.inputs(node.with_, found[1], f"{path}/with", env)
        return found[2]

    def inputs(self, value: dict[str, Json], schema: Schema, path: str, env: Env) -> None:
        def type_of(text: str) -> Schema:
            return of_template(text, env.schema, env.may_lack)

        told = as_inputs(misfits(value, schema, path, type_of), list(schema.get("properties", {})), path)
        for p in told:
            self.report(p.path, p.code, p.message, p.hint, key=p.code == "unknown_input")

    def inside(self, node: d.Node, path: str, env: Env, prefix: str) -> Schema:
        """An `each` or a `loop`, its nodes and its output."""
        kind = kind_of(node)
        if not node.nodes:
            if path not in self.broken and f"{path}/nodes" not in self.broken:
                self.report(path, "empty", f"{'An each' if kind == 'each' else 'A loop'} has nodes inside.")
            return {}
        if node.loop is not None and not node.loop.model_fields_set and path not in self.broken:
            self.report(f"{path}/loop", "endless", "A loop says `until` or `max`.")
        bound: dict[str, Schema] = {"index": {"type": "integer"}}
        bound |= {"item": self.item(node, path, env)} if kind == "each" else {"previous": {}}
        inner = self.frame(node.nodes, f"{path}/nodes", Env(bound, env), prefix + "/")
        self.expressions(self.scan.nodes[path].tail, inner)
        shape = of_output(node.output, inner.schema, inner.may_lack)
        return {"type": "array", "items": shape} if kind == "each" else shape

    def item(self, node: d.Node, path: str, env: Env) -> Schema:
        """The schema of one item; what is certainly no list is told."""
        assert node.each is not None
        given = of_template(node.each.items, env.schema, env.may_lack)
        known = kinds(given)
        if known and "array" not in known:
            self.report(f"{path}/each/items", "wrong_type", "each.items must be a list.")
        lists = [g for g in given.get("anyOf", [given]) if kinds(g) == {"array"}]
        return union(*[g.get("items") or {} for g in lists]) if lists else {}


def _never(when: str | bool | None) -> bool:
    """Whether a condition is false whatever happens."""
    if not isinstance(when, str):
        return when is False
    try:
        expression = compile_expression(when)
        return not expression.refs and expression(Scope({})) is False
    except (ExpressionError, Heavy):
        return False
