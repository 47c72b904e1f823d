"""From a block to a step: what a node asks of the run, prepared once per version.

Errors of a block become failures of its step: an input it cannot read is `bad_input` and names the field, a bug in it
is `block_crashed` and names the type of the exception; nothing a block does can harm who runs it.
"""

import logging
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NoReturn, cast

from pydantic import BaseModel, ValidationError

from troupe.base.errors import BadInput, Rejected, ServerFailed, StepFailed, TimedOut, TroupeError
from troupe.base.values import Json
from troupe.features.workflows.expressions import HeavyHook
from troupe.features.workflows.graph import Node
from troupe.ports.run import Attempt, Effect, Expired, RunContext, Step, StepFunction, Verdict

if TYPE_CHECKING:
    from troupe.catalog.contract import Block, Context

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Means:
    """What the interpreter acts by, given by who wires it.

    `contexts` makes a block's context for one attempt. `heavy(source, variables)` evaluates an expression that must not
    hold the event loop; `cpu(block, arguments)` runs `run_alone` in a worker process. `passes` is the registered
    program that plays one pass of an `each` as a run of its own.
    """

    blocks: "Callable[[str], Block]"
    contexts: "Callable[[Attempt], Context]"
    heavy: HeavyHook | None = None
    cpu: Callable[[str, Json], Awaitable[Json]] | None = None
    passes: str = "workflow.pass"


class Action:
    """A node's block, ready: the step that needs nothing of the input, and how to make the one that does."""

    __slots__ = ("_by_input", "_checks", "block", "contexts", "is_program", "node", "step")

    def __init__(self, node: Node, means: Means) -> None:
        from troupe.catalog.contract import Block

        block = means.blocks(node.block)
        kind: Any = type(block)
        base: Any = Block
        self.node = node
        self.block = block
        self.contexts = means.contexts
        self.is_program = kind.program is not base.program
        self._by_input = kind.effect_of is not base.effect_of or block.paid
        self._checks = kind.check is not base.check
        self.step = Step(
            effect=node.effect or block.effect,
            fn=_offloaded(node, block, means) if block.cpu and means.cpu else _function(node, block, means),
            block=node.block,
            retry=node.retry,
            timeout=node.timeout or block.timeout,
            key_holds=block.key_holds,
            simulated=_example(block),
            node=node.path,
        )

    def step_for(self, run: RunContext, key: str, args: Json) -> Step:
        """The step on this input. Raises Rejected (`bad_input`) where its effect or price hangs on a bad one."""
        step = self.step
        if self._by_input:
            given = read_input(self.node, self.block, args)
            effect = self.node.effect or self.block.effect_of(given)
            price = (self.block.price(given, self._context(run, key, "")) or None) if self.block.paid else None
            step = replace(step, effect=effect, price=price)
        if self._checks:

            def check(effect_key: str) -> Awaitable[Verdict]:
                return self.block.check(effect_key, self._context(run, key, effect_key))

            step = replace(step, check=check)
        return step

    def effect_of(self, args: Json) -> Effect:
        """The effect class on this input, as a person who approves it is told."""
        if self.node.effect or not self._by_input:
            return self.node.effect or self.block.effect
        return self.block.effect_of(read_input(self.node, self.block, args))

    def _context(self, run: RunContext, key: str, effect_key: str) -> "Context":
        """A context outside of any attempt, to ask a price or after an unclear effect."""
        return self.contexts(Attempt(run.id, run.workspace_id, key, 0, effect_key, self.step.timeout))


def read_input(node: Node, block: "Block", args: Json) -> Any:
    """The block's Input from what the node gives it. Raises Rejected (`bad_input`)."""
    try:
        return block.Input.model_validate(args)
    except ValidationError as wrong:
        raise bad_input(node, wrong) from None


def bad_input(node: Node, wrong: ValidationError) -> Rejected:
    """The failure that names the fields a block could not read."""
    found = wrong.errors(include_url=False, include_input=False, include_context=False)
    told = [f"with.{'.'.join(map(str, e['loc']))}: {e['msg']}" if e["loc"] else e["msg"] for e in found[:3]]
    more = f" (and {len(found) - 3} more)" if len(found) > 3 else ""
    failed = Rejected(f"{node.block} cannot use its input. {'; '.join(told)}{more}", code="bad_input")
    failed.node = node.path
    return failed


def _function(node: Node, block: "Block", means: Means) -> StepFunction:
    validate, run, contexts = block.Input.model_validate, block.run, means.contexts

    async def act(args: Json, attempt: Attempt) -> Json:
        try:
            given = validate(args)
        except ValidationError as wrong:
            raise bad_input(node, wrong) from None
        try:
            return dump(await run(given, contexts(attempt)))
        except Exception as wrong:
            fail(node, wrong)

    return act


def _offloaded(node: Node, block: "Block", means: Means) -> StepFunction:
    hook = means.cpu
    assert hook is not None

    async def act(args: Json, _attempt: Attempt) -> Json:
        read_input(node, block, args)
        try:
            return await hook(block_id, args)
        except Exception as wrong:
            fail(node, wrong)

    block_id = node.block
    return act


async def run_alone(block: "Block", args: Json) -> Json:
    """A `cpu` block on its arguments, in a process where it has no context."""
    return dump(await block.run(block.Input.model_validate(args), cast(Any, None)))


def dump(output: Any) -> Json:
    """A block's output as JSON."""
    if not isinstance(output, BaseModel):
        raise TypeError(f"a block gives its Output, not a {type(output).__name__}")
    return output.model_dump(mode="json", by_alias=True)


def fail(node: Node, wrong: Exception) -> NoReturn:
    """Raise what `failure` makes of it."""
    failed = failure(node, wrong)
    if failed is wrong:
        raise failed
    raise failed from wrong


def failure(node: Node, wrong: Exception) -> StepFailed:
    """Any exception of a block as the failure of its step."""
    failed = _as_failure(node, wrong)
    failed.node = failed.node or node.path
    return failed


def _as_failure(node: Node, wrong: Exception) -> StepFailed:
    if isinstance(wrong, StepFailed):
        return wrong
    if isinstance(wrong, ValidationError):
        return bad_input(node, wrong)
    if isinstance(wrong, TroupeError):  # our own part said no (4xx) or does not answer
        if wrong.status < 500:
            return Rejected(wrong.message, code=wrong.code, hint=wrong.hint)
        return (ServerFailed if wrong.retryable else StepFailed)(wrong.message, code=wrong.code, hint=wrong.hint)
    if isinstance(wrong, TimeoutError):
        return TimedOut()
    if isinstance(wrong, Expired):
        return Rejected("What the block waited for did not come in time.", code="expired")
    name = type(wrong).__name__
    where = "".join(traceback.format_tb(wrong.__traceback__)[-3:])  # without the message, which may hold a secret
    log.error("block %s crashed with %s at node %s\n%s", node.block, name, node.path, where)
    hint = "This is a defect of the block, not of the workflow; the log holds where."
    return StepFailed(f"{node.block} crashed with {name}.", code="block_crashed", hint=hint)


def _example(block: "Block") -> Json:
    """What a dry run gives instead of an effect: the example marked so, else the first with an output."""
    given = sorted((e for e in block.examples if e.gives is not None), key=lambda e: not e.simulated)
    return cast(Json, given[0].gives) if given else {}


def failing(wrong: StepFailed, node: Node) -> Step:
    """A step that only fails, so that what went wrong before the block's own step is journaled under the node's key."""

    async def fail(_args: Json, _attempt: Attempt) -> Json:
        raise wrong

    return Step(effect=Effect.PURE, fn=fail, block=node.block, node=node.path)


def evaluating(path: str | None, hook: HeavyHook) -> Step:
    """A step that evaluates a heavy expression: its input is `{source, variables}`."""

    async def evaluate(args: Json, _attempt: Attempt) -> Json:
        asked = cast(dict[str, Any], args)
        try:
            return await hook(asked["source"], asked["variables"])
        except BadInput as wrong:
            raise Rejected(wrong.message, code=wrong.code, hint=wrong.hint) from None

    return Step(effect=Effect.PURE, fn=evaluate, timeout=30.0, node=path)
