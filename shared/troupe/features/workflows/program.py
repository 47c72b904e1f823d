"""The graph interpreter: a workflow as a durable program.

A node starts as soon as what it waits for is done. A branch goes on with what it freed; where it freed several nodes,
they go on side by side (`run.together`), and the last to arrive carries on with what they all fed. Nothing is awaited
but the run. One Interpreter is made per version and serves all its runs.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, cast

from troupe.base.errors import Cancelled, Rejected, StepFailed
from troupe.base.values import Json
from troupe.features.workflows.below import Below
from troupe.features.workflows.expressions import ExpressionError, Heavy, Scope
from troupe.features.workflows.frame import Frame, Play, ends, filled, holds, output_of, refilled
from troupe.features.workflows.graph import Graph, Node
from troupe.features.workflows.only import seen
from troupe.features.workflows.steps import Action, Means, dump, failing, failure, read_input
from troupe.features.workflows.template import gone
from troupe.ports.run import Approval, Child, RunContext

MAX_ITEMS = 100_000
_SKIPPED: dict[str, Any] = {}


class Interpreter:
    """Plays a compiled workflow. It is a Program; so is `play_pass`, for one pass of an `each` as a run of its own."""

    def __init__(self, graph: Graph, means: Means, *, name: str = "", version: str | None = None) -> None:
        self.graph = graph
        self.means = means
        self.name = name
        self.version = version
        self._actions: dict[str, Action] = {}
        self._frames: dict[str, Node] = {}
        self._prepare(graph)

    def _prepare(self, graph: Graph) -> None:
        for node in graph.nodes:
            if node.body is not None:
                self._frames[node.path] = node
                self._prepare(node.body)
            else:
                self._actions[node.path] = Action(node, self.means)

    async def __call__(self, run: RunContext, input: Json) -> Json:
        """The workflow's output on this input. Raises StepFailed of the node that failed.

        Where one node is run alone, what the others would give is given with the run.
        """
        about: Json = {"id": run.id, "dry_run": run.dry_run, "workflow": self.name}
        others = {} if run.only is None else seen(run.only, run.given())
        prefix = "" if run.only is None else run.only[: run.only.rfind("/") + 1]
        frame = Frame(run, Play(self.means), self.graph, Scope({**others, "input": input, "run": about}), prefix)
        await self._follow(frame, self.graph.first)
        frame.end()
        return await output_of(frame, None)

    async def play_pass(self, run: RunContext, input: Json) -> Json:
        """One pass of an `each`, as `_child` wrote it down. Its keys are those it would have had in the parent."""
        given = cast(dict[str, Any], input)
        node = self._frames[given["frame"]]
        outer = Scope(given["outer"])
        outer.absent = given["absent"]
        play = Play(self.means, whole=not given["absent"])
        return await self._pass(run, play, node, outer, given["key"], {"item": given["item"], "index": given["index"]})

    # ── the order of things ─────────────────────────────────────────────────────────────────────────────────────────

    async def _follow(self, frame: Frame, ready: Sequence[int]) -> None:
        """Run a node, then what it freed, until this branch has nothing left to start.

        Where a node has failed, those that had begun are played to their end and no other starts: docs/decisions/0009.
        """
        nodes = frame.graph.nodes
        while ready:
            if len(ready) > 1:
                frame.split = True
                await frame.run.together(*[partial(self._follow, frame, (i,)) for i in ready])
                return
            node = nodes[ready[0]]
            if frame.split and not await frame.run.begun(frame.prefix + node.id) and frame.failed:
                return
            try:
                frame.scope.values[node.id] = await self._node(frame, node)
            except Exception as wrong:
                frame.failed[ready[0]] = wrong
                return
            ready = frame.freed_by(node)

    async def _node(self, frame: Frame, node: Node) -> Json:
        key = frame.prefix + node.id
        try:
            if not frame.play.whole and (reason := gone(frame.scope, node.hard)):
                return await self._skip(frame, node, key, reason)
            if node.when is not None and not await holds(frame, node, key, "when", node.when):
                return await self._skip(frame, node, key, "its condition is false")
            if node.kind == "block":
                return await self._block(frame, node, key)
            return await (self._each if node.kind == "each" else self._loop)(frame, node, key)
        except StepFailed as failed:
            failed.node = failed.node or node.path
            failed.step = failed.step or key
            if not node.lenient or isinstance(failed, Cancelled):
                raise
            frame.let_go(node, "failed")
            return {"error": _told(failed)}

    async def _skip(self, frame: Frame, node: Node, key: str, reason: str) -> Json:
        await frame.run.skip(key, reason)
        frame.let_go(node, "skipped")
        return _SKIPPED

    # ── kinds of nodes ──────────────────────────────────────────────────────────────────────────────────────────────

    async def _block(self, frame: Frame, node: Node, key: str) -> Json:
        action = self._actions[node.path]
        run = frame.run
        try:
            args = node.given.fill(frame.scope)
        except (ExpressionError, Heavy) as wrong:
            args = await refilled(frame, node, key, "with", node.given.fill, wrong)
        if node.approve is not None and not run.dry_run:
            args = await self._approved(run, action, key, args)
        if action.is_program:
            return await self._program(run, action, key, args)
        try:
            step = action.step_for(run, key, args)
        except Rejected as wrong:
            return await run.step(key, failing(wrong, node), args)
        return await run.step(key, step, args)

    async def _approved(self, run: RunContext, action: Action, key: str, args: Json) -> Json:
        """The arguments a person let pass, perhaps edited. Fails the node where they were not."""
        node, asked = action.node, action.node.approve
        assert asked is not None
        try:
            effect = action.effect_of(args)
        except Rejected as wrong:
            return await run.step(key, failing(wrong, node), args)
        title = node.title or action.block.title
        approval = Approval(title, args, node.block, effect, tuple(asked.by), asked.expires)
        decision = cast(dict[str, Any], await run.wait(f"{key}/approve", approval))
        if decision["decision"] == "approve":
            edited = decision.get("arguments")
            return args if edited is None else edited
        return await run.step(key, failing(_not_approved(decision), node), args)

    async def _program(self, run: RunContext, action: Action, key: str, args: Json) -> Json:
        """A block that lives as long as the run. Its retries are keys of their own: `node`, `node/try/2`, …"""
        node = action.node
        try:
            given = read_input(node, action.block, args)
        except Rejected as wrong:
            return await run.step(key, failing(wrong, node), args)
        for attempt in range(1, node.retry.attempts + 1):
            prefix = key if attempt == 1 else f"{key}/try/{attempt}"
            try:
                below = Below(run, prefix, node.path, node.timeout, self.means.contexts)
                return dump(await action.block.program(given, below))
            except Exception as wrong:
                failed = failure(node, wrong)
                if attempt == node.retry.attempts or not _may_retry(node, failed):
                    raise failed from (None if failed is wrong else wrong)
                pause = min(node.retry.max, node.retry.first * node.retry.factor ** (attempt - 1))
                await run.sleep(f"{prefix}/backoff", seconds=pause)
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _each(self, frame: Frame, node: Node, key: str) -> Json:
        items = await filled(frame, node, key, "items", node.given.fill)
        if not isinstance(items, list) or len(items) > MAX_ITEMS:
            what = f"{len(items):,} items" if isinstance(items, list) else f"a {type(items).__name__}"
            wrong = Rejected(f"each.items must be a list of at most {MAX_ITEMS:,}, not {what}.", code="bad_input")
            return await frame.run.step(key, failing(wrong, node), None)

        def one(index: int, item: Json) -> Any:
            bound = {"item": item, "index": index}
            return self._pass(frame.run, frame.play, node, frame.scope, f"{key}[{index}]", bound)

        child = partial(self._child, frame, node, key)
        return cast(Json, await frame.run.map(key, items, one, at_once=node.at_once, child=child))

    def _child(self, frame: Frame, node: Node, key: str, index: int, item: Json) -> Child:
        """A pass written down: what it reads from outside goes along, and no more of it than it reads."""
        assert node.body is not None
        outer: dict[str, Json] = {}
        absent: dict[str, Json] = {}
        for name, fields in node.body.free.items():
            outer[name] = _pruned(frame.scope.find(name), fields)
            if why := frame.scope.why_absent(name):
                absent[name] = why
        given: Json = {
            "frame": node.path,
            "key": f"{key}[{index}]",
            "index": index,
            "item": item,
            "outer": outer,
            "absent": absent,
        }
        return Child(self.means.passes, given, self.version)

    async def _loop(self, frame: Frame, node: Node, key: str) -> Json:
        previous: Json = None
        for index in range(node.max):
            bound: dict[str, Any] = {"previous": previous, "index": index}
            prefix = f"{key}[{index}]"
            inner = await self._body(frame.run, frame.play, node, frame.scope, prefix, bound)
            previous = await output_of(inner, node)
            if await ends(inner, node, prefix):
                break
        return previous

    async def _pass(
        self, run: RunContext, play: Play, node: Node, outer: Scope, key: str, bound: dict[str, Json]
    ) -> Json:
        return await output_of(await self._body(run, play, node, outer, key, bound), node)

    async def _body(
        self, run: RunContext, play: Play, node: Node, outer: Scope, key: str, bound: dict[str, Json]
    ) -> Frame:
        assert node.body is not None
        frame = Frame(run, play, node.body, Scope(bound, outer), key + "/")
        await self._follow(frame, node.body.first)
        frame.end()
        return frame


def _pruned(value: Json, fields: frozenset[str] | None) -> Json:
    return {k: v for k, v in value.items() if k in fields} if isinstance(value, dict) and fields is not None else value


def _not_approved(decision: dict[str, Any]) -> Rejected:
    if decision["decision"] == "expired":
        return Rejected("Nobody decided in time.", code="approval_expired")
    why = decision.get("reason")
    return Rejected(f"A person refused this step{f': {why}' if why else '.'}", code="refused_by_person")


def _may_retry(node: Node, failed: StepFailed) -> bool:
    return failed.retryable and (not node.retry.on or failed.code in node.retry.on)


def _told(failed: StepFailed) -> Json:
    """A failure as `node.error` shows it."""
    return {
        "code": failed.code,
        "message": failed.message,
        "retryable": failed.retryable,
        "hint": failed.hint,
        "node": failed.node,
        "step": failed.step,
    }
