"""Functions of AWS that are killed: runs of every effect class on containers that die, judged by the ledger outside."""

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from tests.chaos.container import Containers, Died
from tests.parity.far import Far, far_side
from tests.parity.faults import wrong_effects
from tests.parity.houses import OVER, OnAws, on_aws
from tests.servers.aws import ask
from tests.servers.gate import gate
from tests.servers.sqs import messages_in, show_all

CLASSES = {"read": "GET", "idempotent": "PUT", "once": "POST"}
PASSED = (
    "before_claim", "after_claim", "before_intent", "after_intent", "before_effect", "after_effect", "before_commit",
    "after_commit", "before_emit", "after_emit", "before_park", "after_park", "before_ack", "after_ack",
)  # fmt: skip
MATRIX = [
    *((at, effect) for effect in CLASSES for at in PASSED),
    *((at, "priced") for at in ("before_reserve", "after_reserve", *PASSED)),
    *((at, "said") for at in ("before_transact", "after_transact", "before_claim", "before_commit", "after_commit")),
]
PAST = 45.0  # seconds: a lease, and what is left of a wait for it
LESSON = """\
troupe: workflow/v1
name: lesson
nodes:
  first: {{block: http.request, with: {{method: {method}, url: "{far}/ok/{tag}/first"{body}}}}}
  hear: {{block: flow.wait, after: [first], with: {{signal: go}}}}
  middle: {{block: http.request, after: [hear], {long}with: {{method: {method}, url: "{far}/ok/{tag}/middle"{body}}}}}
  last: {{block: http.request, after: [middle], with: {{method: {method}, url: "{far}/ok/{tag}/last"{body}}}}}
output: "{{{{ last.status }}}}"
"""
OUTPUT = {"status": 200, "url": "http://x", "headers": {}, "json": None, "text": "", "base64": ""}
OPEN = """SELECT s.run_id, s.key, s.state, s.due <= troupe_now() FROM steps s JOIN runs r ON r.id = s.run_id
    WHERE r.root_id = %s AND s.state IN ('unknown', 'waiting') AND s.block <> '$call'"""
DONE = """SELECT s.key, s.state FROM steps s JOIN runs r ON r.id = s.run_id
    WHERE r.root_id = %s AND s.block = 'http.request'"""
PRICED = """\
troupe: workflow/v1
name: lesson
nodes:
  first: {block: ai.answer, with: {question: "One?", model: puppet/one}}
  hear: {block: flow.wait, after: [first], with: {signal: go}}
  last: {block: ai.answer, after: [hear], LONGwith: {question: "Two?", model: puppet/one}}
output: "{{ last.text }}"
"""
TALKER = "troupe: agent/v1\nname: talker\nmodel: puppet/one\ninstructions: Talk.\n"
SAID = """SELECT count(*) FILTER (WHERE status = 'done'), count(*) FROM messages WHERE conversation_id = %s"""
BOOKED = """SELECT DISTINCT ON (r.run_id, r.key) r.key, r.state, r.settled > 0 FROM reservations r
    JOIN runs n ON n.id = r.run_id WHERE n.root_id = %s ORDER BY r.run_id, r.key, r.attempt DESC"""
CALLS = """\
troupe: workflow/v1
name: calls
nodes:
  below: {{block: flow.call, with: {{workflow: {name}}}}}
output: "{{{{ below.output }}}}"
"""


def lesson(far: Far, tag: str, effect: str, *, long: bool = False) -> str:
    """Three steps of one class, with a wait after the first; `long`: the middle one is a worker's."""
    body = "" if effect == "read" else ", json: {n: 1}"
    minutes = "timeout: 20m, " if long else ""
    if effect == "priced":
        return PRICED.replace("LONG", minutes)
    return LESSON.format(method=CLASSES[effect], far=far.url, tag=tag, body=body, long=minutes)


async def tend(house: OnAws, run: str, far: Far, tag: str) -> None:
    """Send what is waited for, be the worker, settle what is unclear by the ledger; else let time pass."""
    acted = await be_worker(house)
    for holder, key, state, past in house.rows(OPEN, run):
        if state == "waiting":
            await house.ask("POST", f"/runs/{holder}/signals", {"name": "go", "payload": 1, "dedupe": "one"})
            continue
        came = any(a.path == f"/ok/{tag}/{key}" for a in far.arrivals)
        if came or past:
            said = {"outcome": "happened", "output": OUTPUT} if came else {"outcome": "not_happened"}
            await house.ask("POST", f"/runs/{holder}/settle", {"step": key, "note": "by the ledger", **said})
            acted = True
    if not acted:
        await house.move(PAST)


async def be_worker(house: OnAws) -> bool:
    """Whether there was a slice for a worker; it may die over it, and its message is then there for the next one."""
    stage = house.stage
    if not stage.work_queue or not messages_in(stage.aws, stage.work_queue):
        return False
    show_all(stage.work_queue)
    with contextlib.suppress(Died):
        await stage.work(0.0)
    return True


async def finish(house: OnAws, run: str, far: Far, tag: str, seconds: float = 150.0) -> str:
    """The status of a run once it is over, people and time doing their part."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(TimeoutError, AssertionError):
            return await house.until(run, *OVER, seconds=0.4)
        await tend(house, run, far, tag)
        if end - time.monotonic() < seconds / 2:
            await house.stage.sweep()
    return house.rows("SELECT status || ' ' || coalesce(reason, '') FROM runs WHERE id = %s", run)[0][0]


def broken(house: OnAws, run: str, far: Far, tag: str, effect: str) -> list[str]:
    """Every broken promise: the ledger against the journal."""
    mine = [a for a in far.arrivals if f"/{tag}/" in a.path]
    wrong = wrong_effects(mine)
    came = Counter(a.path.rsplit("/", 1)[1] for a in mine)
    for key, state in house.rows(DONE, run):
        if state == "done" and not came[key]:
            wrong.append(f"{key} is done and never arrived")
        if state != "done":
            wrong.append(f"{key} is {state}")
    if effect == "once" and any(n > 1 for n in came.values()):
        wrong.append(f"an effect that may happen once came more often: {came}")
    return wrong


@asynccontextmanager
async def killable(url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[tuple[OnAws, Far, Containers]]:
    """AWS whose functions are processes that can be killed."""
    async with AsyncExitStack() as stack:
        far = await stack.enter_async_context(far_side())
        them = stack.enter_context(Containers())
        together = {name: them.handler(name) for name in ("advance", "wait", "jobs", "work")}
        made: list[OnAws] = []
        options = {"together": together, "deliver": lambda batch: _again(batch, made), "workers": True}
        made.append(await stack.enter_async_context(on_aws(monkeypatch, url, far.url, None, **options)))
        address = await stack.enter_async_context(gate(made[0].stage.aws))
        them.environment = {f"AWS_ENDPOINT_URL_{service}": address for service in ("SQS", "SFN", "KMS")}
        yield made[0], far, them


def _again(batch: Any, made: list[OnAws]) -> Any:
    """Messages whose function died are visible again at once: their time would pass."""

    async def deliver(records: list[dict[str, Any]]) -> list[str]:
        try:
            return await batch(records)
        except Exception:
            stage = made[0].stage
            for record in records:
                named = {"QueueUrl": stage.queue, "ReceiptHandle": record["receiptHandle"]}
                ask(stage.aws, "sqs", "change_message_visibility", VisibilityTimeout=0, **named)
            return [record["messageId"] for record in records]

    return deliver


async def talk(house: OnAws, seconds: float = 150.0) -> str:
    """Two messages, the second while the first is answered: each is answered once. What broke."""
    with contextlib.suppress(AssertionError):  # it is there already
        await house.call("POST", "/agents", {"text": TALKER})
    chat = (await house.call("POST", "/conversations", {"agent": "talker"}))["id"]
    for text in ("One.", "Two."):
        await house.call("POST", f"/conversations/{chat}/messages", {"text": text, "when_busy": "queue"})
    end = time.monotonic() + seconds
    while (found := house.rows(SAID, chat)[0]) != (2, 2) and time.monotonic() < end:
        await asyncio.sleep(0.4)
        with contextlib.suppress(TimeoutError):
            await house.quiet(0.4)
        if house.rows(SAID, chat)[0] != (2, 2):
            await house.move(PAST)
            if end - time.monotonic() < seconds * 0.8:
                await house.stage.sweep()
    return "" if found == (2, 2) else f"of 2 messages {found[1]} are kept and {found[0]} answered"


def unbooked(house: OnAws, run: str) -> list[str]:
    """Of every call of a model the last attempt was reserved before, and is settled. One that was cut stays reserved in
    full."""
    found = house.rows(BOOKED, run)
    wrong = [f"{key} is {state}, {paid}" for key, state, paid in found if state != "settled" or not paid]
    return wrong + ([] if len(found) == 2 else [f"{len(found)} of 2 steps are reserved"])


async def told(house: OnAws, text: str, tag: str, *, below: bool) -> str:
    """The text to start; `below`: a workflow that calls it, so that two runs are in one call."""
    if not below:
        return text
    name = f"lesson_{tag}"
    await house.call("POST", "/workflows", {"text": text.replace("name: lesson", f"name: {name}")})
    return CALLS.format(name=name)


async def kill_functions(
    url: str, monkeypatch: pytest.MonkeyPatch, seed: int, *, kills: int, seconds: float,
    only: Callable[[str, str], bool] = lambda at, effect: True,
) -> tuple[Counter[str], str]:  # fmt: skip
    """Kill until there were so many kills and so much time has passed, at every checkpoint and class in an order from
    the seed; in turn a run by itself, with a step for a worker, below another. Kills by "checkpoint/class", and what
    broke."""
    chance, end, killed = random.Random(seed), time.monotonic() + seconds, Counter[str]()
    todo: list[tuple[str, str]] = []
    async with killable(url, monkeypatch) as (house, far, them):
        for number in range(100_000):
            if not todo:
                todo = [one for one in MATRIX if only(*one)]
                chance.shuffle(todo)
            at, effect = todo.pop()
            seldom = at.endswith(("reserve", "transact"))  # a slice passes there once or twice
            them.kill_at, before = f"{at}:{1 if seldom else chance.randint(1, 4)}", them.killed
            label = f"seed {seed}, round {number}, {them.kill_at}, {effect}"
            wrong = await (talk(house) if effect == "said" else _round(house, far, effect, number))
            killed[f"{at}/{effect}"] += them.killed - before
            them.kill_at = ""
            if wrong:
                return killed, f"{label}: {wrong}"
            if killed.total() >= kills and time.monotonic() > end:
                break
    return killed, ""


async def _round(house: OnAws, far: Far, effect: str, number: int) -> str:
    """One lesson; what broke."""
    tag = f"r{number}"
    text = await told(house, lesson(far, tag, effect, long=number % 3 == 1), tag, below=number % 3 == 2)
    run = (await house.call("POST", "/runs", {"text": text, "input": {}, "budget": 5.0}))["id"]
    status = await finish(house, run, far, tag)
    wrong = unbooked(house, run) if effect == "priced" else broken(house, run, far, tag, effect)
    if status != "completed":
        wrong.append(f"the run is {status}: {house.rows('SELECT error FROM runs WHERE id = %s', run)}")
    return "; ".join(wrong)
