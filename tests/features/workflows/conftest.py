"""A small catalogue of blocks, and a way to run a text on them: what most tests of workflows start from."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest
from pydantic import Field

from troupe.base.errors import RateLimited, Refused, TimedOut
from troupe.base.values import Json
from troupe.catalog.contract import Block, Example, Fields, idempotent, once, pure, read
from troupe.features.workflows.check import check
from troupe.features.workflows.expressions import evaluate
from troupe.features.workflows.graph import compile_graph
from troupe.features.workflows.program import Interpreter
from troupe.features.workflows.steps import Means
from troupe.ports.run import Child, RunContext, Signal
from troupe.ports.run_fake import FakeRun


class Text(Fields):
    text: str


class Template(Block):
    """Give back the text."""

    title = "Text"
    Input = Text
    Output = Text

    async def run(self, given: Text, ctx: Any) -> Text:
        return Text(text=given.text)


class Classify(Block):
    """The first label that the text contains, else the last."""

    title = "Classify"
    effect = read

    class Input(Fields):
        text: str
        labels: list[str] = Field(min_length=1)

    class Output(Fields):
        label: str

    async def run(self, given: Input, ctx: Any) -> Output:
        return self.Output(label=next((la for la in given.labels if la in given.text), given.labels[-1]))


class Agent(Block):
    """A block that calls another run."""

    title = "Run an agent"

    class Input(Fields):
        agent: str
        message: str

    Output = Text

    async def program(self, given: Input, run: RunContext) -> Text:
        return Text(text=str(await run.call("", Child("agent", {"agent": given.agent, "message": given.message}))))


class Send(Block):
    """What must not happen twice."""

    title = "Send a mail"
    effect = once
    sent: ClassVar[list[str]] = []

    class Input(Fields):
        to: str
        subject: str = ""
        text: str

    class Output(Fields):
        id: str

    examples = (
        Example(given={"to": "a@b.c", "text": "x"}, gives={"id": "first"}),
        Example(given={"to": "a@b.c", "text": "x"}, gives={"id": "simulated"}, simulated=True),
    )

    async def run(self, given: Input, ctx: Any) -> Output:
        Send.sent.append(given.text)
        return self.Output(id=f"mail-{len(Send.sent)}")


class Value(Block):
    """Give back any value."""

    title = "Value"
    effect = idempotent

    class Input(Fields):
        value: Any = None

    class Output(Fields):
        value: Any

    async def run(self, given: Input, ctx: Any) -> Output:
        return self.Output(value=given.value)


class Boom(Block):
    """Fail in the way asked for; `flaky:N` fails N times."""

    title = "Fail"
    effect = pure
    counts: ClassVar[dict[str, int]] = {}

    class Input(Fields):
        how: str

    class Output(Fields):
        how: str

    async def run(self, given: Input, ctx: Any) -> Output:
        if given.how.startswith("flaky"):
            Boom.counts[given.how] = Boom.counts.get(given.how, 0) + 1
            if Boom.counts[given.how] <= int(given.how.split(":")[1]):
                raise RateLimited
            return self.Output(how=given.how)
        raise {"refused": Refused(), "timed_out": TimedOut(), "bug": ZeroDivisionError("secret")}[given.how]


class Ask(Block):
    """Wait for a signal."""

    title = "Ask"

    class Input(Fields):
        name: str

    class Output(Fields):
        payload: Any

    async def program(self, given: Input, run: RunContext) -> Output:
        return self.Output(payload=await run.wait("", Signal(given.name)))


class Flip(Block):
    """A block whose effect depends on its input, that costs money and can be asked whether it happened."""

    title = "Call"
    paid = True

    class Input(Fields):
        method: str

    class Output(Fields):
        method: str

    def effect_of(self, given: Input) -> Any:
        return read if given.method == "GET" else once

    def price(self, given: Input, ctx: Any) -> float:
        return 0.25

    async def check(self, key: str, ctx: Any) -> Any:
        return "happened"

    async def run(self, given: Input, ctx: Any) -> Output:
        return self.Output(method=given.method)


BLOCKS: dict[str, Block] = {
    "text.template": Template(), "ai.classify": Classify(), "agent.run": Agent(), "mail.send": Send(),
    "test.value": Value(), "test.boom": Boom(), "test.ask": Ask(), "test.call": Flip(),
}  # fmt: skip


def entry(id: str) -> dict[str, Any] | None:
    """A catalogue entry, as far as the checker reads it."""
    block = BLOCKS.get(id)
    return block and {
        "id": id,
        "input_schema": block.Input.model_json_schema(mode="validation"),
        "output_schema": block.Output.model_json_schema(mode="serialization"),
    }


async def _agent(run: FakeRun, key: str, child: Child) -> Json:
    assert isinstance(child.input, dict)
    run.asked.append(key)
    return f"Dear sir, about {child.input['message']}"


@dataclass
class Ran:
    """A run that ended: its output, or what was raised; and the fake it ran on."""

    run: FakeRun
    output: Json = None
    error: Any = None
    heavy: list[str] = field(default_factory=list)


@dataclass
class Bench:
    """Runs texts on the fakes."""

    def interpreter(self, text: str, heavy: list[str] | None = None) -> Interpreter:
        checked = check(text, entry, ids=BLOCKS)
        assert not checked.problems, checked.problems
        assert checked.definition is not None

        async def evaluating(source: str, variables: dict[str, Json]) -> Json:
            if heavy is not None:
                heavy.append(source)
            return evaluate(source, variables)

        means = Means(blocks=BLOCKS.__getitem__, contexts=lambda attempt: attempt, heavy=evaluating)  # type: ignore[arg-type,return-value]
        return Interpreter(compile_graph(checked.definition), means, name=checked.definition.name, version="v1")

    async def __call__(self, text: str, input: Json = None, *, run: FakeRun | None = None) -> Ran:
        run = run or FakeRun()
        heavy: list[str] = []
        made = self.interpreter(text, heavy)

        async def play(below: FakeRun, key: str, child: Child) -> Json:
            if child.program != "workflow.pass":
                return await _agent(below, key, child)
            return await made.play_pass(below, child.input)

        run.play = play
        try:
            return Ran(run, output=await made(run, input), heavy=heavy)
        except Exception as wrong:
            return Ran(run, error=wrong, heavy=heavy)


@pytest.fixture
def bench() -> Bench:
    Send.sent.clear()
    Boom.counts.clear()
    return Bench()


@pytest.fixture
def problems() -> Callable[[str], list[tuple[str, str]]]:
    """(path, code) of everything wrong with a text."""
    return lambda text: [(p.path, p.code) for p in check(text, entry, ids=BLOCKS).problems]


@pytest.fixture
def wf() -> Callable[[str], str]:
    """A whole definition around the keys given."""
    return lambda body: f"troupe: workflow/v1\nname: w\n{body}"


@pytest.fixture
def entries() -> Callable[[str], dict[str, Any] | None]:
    """The catalogue of the fakes."""
    return entry
