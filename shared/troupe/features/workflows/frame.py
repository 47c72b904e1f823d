"""One playing of a graph: what it holds, and how its expressions are filled, heavy and bad ones included."""

from functools import partial

from troupe.base.errors import Rejected
from troupe.base.values import Json
from troupe.features.workflows.expressions import Expression, ExpressionError, Heavy, Scope
from troupe.features.workflows.graph import Graph, Node
from troupe.features.workflows.steps import Means, evaluating, failing
from troupe.features.workflows.template import Fill, gone, needs
from troupe.ports.run import RunContext


class Frame:
    """One playing of a graph: what its nodes gave so far, and how many each still waits for.

    `failed`: what nodes failed with, by index. `split`: it goes on in several branches.
    """

    __slots__ = ("failed", "graph", "left", "play", "prefix", "run", "scope", "split")

    def __init__(self, run: RunContext, play: "Play", graph: Graph, scope: Scope, prefix: str) -> None:
        self.run = run
        self.play = play
        self.graph = graph
        self.scope = scope
        self.prefix = prefix
        self.left = list(graph.counts)
        self.failed: dict[int, BaseException] = {}
        self.split = False

    def freed_by(self, node: Node) -> list[int]:
        """The nodes for which this one was the last they waited for."""
        left = self.left
        ready: list[int] = []
        for i in node.dependents:
            left[i] -= 1
            if left[i] == 0:
                ready.append(i)
        return ready

    def end(self) -> None:
        """Every branch has ended. Raises the failure of the first node, as the graph has them, that failed."""
        if self.failed:
            raise self.failed[min(self.failed)]

    def let_go(self, node: Node, why: str) -> None:
        """The node gave nothing: `skipped` or `failed`."""
        self.play.whole = False
        if self.scope.absent is None:
            self.scope.absent = {}
        self.scope.absent[node.id] = why


class Play:
    """One run of a workflow. `whole`: no node was left out so far, so nothing need be asked about it."""

    __slots__ = ("means", "whole")

    def __init__(self, means: Means, *, whole: bool = True) -> None:
        self.means = means
        self.whole = whole


async def output_of(frame: Frame, node: Node | None) -> Json:
    """What the frame gives; None for the node is the workflow itself. Raises Rejected (`bad_expression`)."""
    output = frame.graph.output
    fill: Fill = partial(output.fill, whole=frame.play.whole)
    try:
        return fill(frame.scope)
    except Heavy as heavy:
        try:
            return await _heavily(frame, node.path if node else None, f"{frame.prefix}output", fill, heavy)
        except ExpressionError as wrong:
            raise _bad_expression(wrong, "output", node) from None
    except ExpressionError as wrong:
        raise _bad_expression(wrong, "output", node) from None


async def holds(frame: Frame, node: Node, key: str, what: str, condition: Expression) -> bool:
    """Whether a condition is true. Fails the node where it is neither true nor false."""
    value = await filled(frame, node, key, what, condition)
    if value is True or value is False:
        return value
    wrong = Rejected(f"{what} must be true or false, and is {str(value)[:80]!r}.", code="bad_expression")
    await frame.run.step(key, failing(wrong, node), None)
    raise wrong


async def filled(frame: Frame, node: Node, key: str, what: str, fill: Fill) -> Json:
    """`fill` on the frame's scope, by every means. Fails the node where an expression is bad."""
    try:
        return fill(frame.scope)
    except (ExpressionError, Heavy) as wrong:
        return await refilled(frame, node, key, what, fill, wrong)


async def refilled(frame: Frame, node: Node, key: str, what: str, fill: Fill, wrong: ExpressionError | Heavy) -> Json:
    """Heavy expressions are steps of their own; a bad one is the failure of the node, in the journal."""
    if isinstance(wrong, Heavy):
        try:
            return await _heavily(frame, node.path, f"{key}/{what}", fill, wrong)
        except ExpressionError as later:
            wrong = later
    await frame.run.step(key, failing(_bad_expression(wrong, what, node), node), None)
    raise AssertionError("unreachable: the step fails")


async def _heavily(frame: Frame, path: str | None, key: str, fill: Fill, heavy: Heavy) -> Json:
    if frame.play.means.heavy is None:
        raise ExpressionError("This expression goes through too many items.", code="too_heavy")
    step = evaluating(path, frame.play.means.heavy)
    scope = Scope(frame.scope.values, frame.scope.outer)
    scope.absent, scope.known = frame.scope.absent, {}
    for n in range(1_000):
        args: Json = {"source": heavy.expression.source, "variables": heavy.variables}
        scope.known[id(heavy.expression)] = await frame.run.step(f"{key}:{n}", step, args)
        try:
            return fill(scope)
        except Heavy as another:
            heavy = another
    raise ExpressionError("Too many heavy expressions in one node.", code="too_heavy")


def _bad_expression(wrong: ExpressionError, what: str, node: Node | None) -> Rejected:
    failed = Rejected(f"{what}{wrong.path.replace('/', '.')}: {wrong.message}", code="bad_expression", hint=wrong.hint)
    failed.node = node.path if node else None
    return failed


async def ends(frame: Frame, node: Node, prefix: str) -> bool:
    """Whether the loop's condition holds; what a skipped node leaves open does not."""
    if node.until is None:
        return False
    if not frame.play.whole and gone(frame.scope, needs(iter(node.until.refs))):
        return False
    return await holds(frame, node, prefix, "until", node.until)
