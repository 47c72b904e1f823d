"""Blocks in real runs: the engine, the database, worker processes and the sandbox as one process wires them."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
import pytest_asyncio

from tests.servers.raw import raw_server, reply
from troupe.app.wiring import Logins, Troupe, embedded
from troupe.base.settings import read_settings
from troupe.catalog.blocks.text.main_content import PAGE
from troupe.features.accounts import service as accounts
from troupe.features.approvals import service as approvals
from troupe.features.approvals.models import Decide
from troupe.features.definitions import service as definitions
from troupe.features.files.service import WorkspaceFiles
from troupe.features.runs import service as runs
from troupe.features.runs.models import OVER, Run, SendSignal, StartRun
from troupe.features.scope import Scope
from troupe.features.workflows.service import WORKFLOW

CHILD = """
troupe: workflow/v1
name: child
input: {type: object, required: [n], properties: {n: {type: integer}}}
nodes:
  twice: {block: code.expression, with: {expression: "n * 2", variables: {n: "{{ input.n }}"}}}
output: {double: "{{ twice.value }}"}
"""


@dataclass
class House:
    """One process, and a person in its workspace."""

    troupe: Troupe
    page: str = ""

    @asynccontextmanager
    async def scope(self) -> AsyncGenerator[Scope]:
        parts = self.troupe.parts
        async with parts.database.workspace(accounts.LAPTOP) as db:
            scope = Scope(parts, accounts.LAPTOP, "owner", "ann", db)
            yield scope
        for after in scope.after:
            after()

    async def start(self, text: str, input: Any = None, *, dry_run: bool = False) -> str:
        async with self.scope() as scope:
            return (await runs.start(scope, StartRun(text=text, input=input or {}, dry_run=dry_run))).id

    async def until(self, id: str, *statuses: str) -> Run:
        async with asyncio.timeout(60):
            while True:
                async with self.scope() as scope:
                    run = await runs.get(scope, id)
                if run.status in (statuses or OVER):
                    return run
                await asyncio.sleep(0.02)  # until somebody else has done it

    async def output(self, nodes: str, output: str, input: Any = None) -> Any:
        run = await self.until(await self.start(workflow(nodes, output), input))
        assert run.status == "completed", run.error
        return run.output

    async def error(self, nodes: str) -> Any:
        run = await self.until(await self.start(workflow(nodes, "{}")))
        assert run.status == "failed"
        return run.error


def workflow(nodes: str, output: str) -> str:
    return f"troupe: workflow/v1\nname: main\nnodes:\n{nodes}\noutput: {output}\n"


@pytest_asyncio.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncGenerator[House]:
    async def answer(request: Any, _writer: object) -> bytes:
        return reply(200, PAGE, content_type="text/html")

    async with raw_server(answer) as server:
        settings = read_settings({}, home=tmp_path, egress_allow=server.at)
        async with embedded(settings, Logins.of(database_url)) as troupe:
            await accounts.prepare_laptop(troupe.parts.database, "trp_test")
            made = House(troupe, server.url)
            yield made


async def keep_child(house: House, text: str = CHILD) -> None:
    async with house.scope() as scope:
        await definitions.create(scope, WORKFLOW, text)


async def test_a_workflow_calls_another_and_gets_its_output(house: House) -> None:
    await keep_child(house)
    nodes = "  ask: {block: flow.call, with: {workflow: child, input: {n: 21}}}"
    assert await house.output(nodes, '{got: "{{ ask.output.double }}"}') == {"got": 42}


async def test_a_call_keeps_the_version_it_resolved_though_the_alias_moves(house: House) -> None:
    await keep_child(house)
    text = workflow(
        "  first: {block: flow.wait, with: {signal: go}}\n"
        '  ask: {block: flow.call, after: [first], with: {workflow: "child@1", input: {n: 2}}}',
        '{got: "{{ ask.output }}"}',
    )
    id = await house.start(text)
    await house.until(id, "waiting")
    async with house.scope() as scope:
        child = await definitions.get(scope, WORKFLOW, "child")
        await definitions.update(scope, WORKFLOW, child.id, CHILD.replace("n * 2", "n * 100"), 1)
        await runs.signal(scope, id, SendSignal(name="go"))
    assert (await house.until(id)).output == {"got": {"double": 4}}


@pytest.mark.parametrize(
    ("ref", "input", "code"),
    [("nobody", "{n: 1}", "no_such_workflow"), ("child@9", "{n: 1}", "no_such_workflow"), ("child", "{}", "bad_input")],
)
async def test_a_call_that_cannot_be_made_fails_its_node(house: House, ref: str, input: str, code: str) -> None:
    await keep_child(house)
    error = await house.error(f'  ask: {{block: flow.call, with: {{workflow: "{ref}", input: {input}}}}}')
    assert (error.code, error.node) == (code, "ask")


async def test_a_failure_of_the_called_workflow_is_the_callers(house: House) -> None:
    await keep_child(house, CHILD.replace("n * 2", "n / 0 * 2"))
    error = await house.error("  ask: {block: flow.call, with: {workflow: child, input: {n: 1}}}")
    assert (error.node, error.code) == ("twice", "division_by_zero")  # where it happened, in the workflow below


async def test_a_workflow_that_calls_itself_without_end_is_stopped(house: House) -> None:
    await keep_child(
        house, "troupe: workflow/v1\nname: me\nnodes:\n  again: {block: flow.call, with: {workflow: me}}\n"
    )
    error = await house.error("  start: {block: flow.call, with: {workflow: me}}")
    assert (error.code, error.node) == ("too_deep", "again")


async def test_a_long_list_is_mapped_in_a_worker_process(house: House) -> None:
    nodes = """
  even: {block: list.filter, with: {items: "{{ input.xs }}", expression: "item % 2 == 0"}}
  big: {block: list.map, with: {items: "{{ even.items }}", expression: "item * by", variables: {by: 10}}}"""
    made = await house.output(
        nodes, '{last: "{{ big.items[499] }}", n: "{{ size(big.items) }}"}', {"xs": list(range(1000))}
    )
    assert made == {"last": 9980, "n": 500}


async def test_a_bad_expression_over_a_long_list_is_refused_with_its_own_code(house: House) -> None:
    xs = orjson.dumps(list(range(100))).decode()
    error = await house.error(f'  f: {{block: list.filter, with: {{items: {xs}, expression: "item.x > 1"}}}}')
    assert error.code not in ("block_crashed", "internal", "rejected")
    assert not error.retryable


async def test_a_page_is_fetched_here_and_read_in_a_worker_process(house: House) -> None:
    nodes = f'  page: {{block: http.page_text, with: {{url: "{house.page}/tides.html"}}}}'
    assert "The moon moves the sea" in (await house.output(nodes, '{text: "{{ page.text }}"}'))["text"]


async def test_python_runs_in_the_sandbox(house: House) -> None:
    nodes = '  py: {block: code.python, with: {code: "sum(xs)", inputs: {xs: [1, 2, 3]}}}'
    assert await house.output(nodes, '{sum: "{{ py.result }}"}') == {"sum": 6}


async def test_a_file_that_is_written_can_be_packed_unpacked_and_read(house: House) -> None:
    nodes = """
  note: {block: file.write, with: {name: note.txt, text: Hello}}
  zip: {block: file.archive, with: {files: ["{{ note.file }}"]}}
  out: {block: file.unarchive, with: {file: "{{ zip.file }}"}}
  read: {block: file.read, with: {file: "{{ out.files[0] }}"}}"""
    assert await house.output(nodes, '{said: "{{ read.content }}"}') == {"said": "Hello"}


async def test_the_same_content_of_one_effect_is_one_file(house: House) -> None:
    reach = house.troupe.reach
    seal = ("0196f2c4-0000-7000-8000-000000000001", "key")
    files = WorkspaceFiles(reach.database, reach.files, accounts.LAPTOP, seal)
    first, again, other = [await files.write("a.txt", raw) for raw in (b"one", b"one", b"two")]
    assert first == again
    assert first["$file"] != other["$file"]
    assert len(await files.list("a")) == 2


async def test_a_person_answers_with_edited_data(house: House) -> None:
    text = workflow('  ask: {block: flow.ask, with: {title: "Send?", data: {price: 100}}}', '{got: "{{ ask }}"}')
    id = await house.start(text)
    await house.until(id, "review")
    async with house.scope() as scope:
        [asked] = await approvals.list_approvals(scope, "pending", None, 10)
        assert (asked.title, asked.arguments) == ("Send?", {"price": 100})
        said = Decide(decision="approve", arguments={"price": 90}, arguments_hash=asked.arguments_hash)
        await approvals.decide(scope, asked.id, said)
    got = (await house.until(id)).output["got"]
    assert (got["approved"], got["data"], got["decided_by"]) == (True, {"price": 90}, "ann")


async def test_a_dry_run_asks_nobody(house: House) -> None:
    text = workflow('  ask: {block: flow.ask, with: {title: "Send?", data: 7}}', '{got: "{{ ask.data }}"}')
    assert (await house.until(await house.start(text, dry_run=True))).output == {"got": 7}


async def test_a_wait_gives_the_payload_or_says_that_none_came(house: House) -> None:
    text = workflow(
        "  one: {block: flow.wait, with: {signal: go}}\n  two: {block: flow.wait, with: {signal: no, expires: 50ms}}",
        '{one: "{{ one.payload }}", two: "{{ two.received }}"}',
    )
    id = await house.start(text)
    async with house.scope() as scope:
        await runs.signal(scope, id, SendSignal(name="go", payload={"a": 1}))
    assert (await house.until(id)).output == {"one": {"a": 1}, "two": False}


async def test_a_pause_ends(house: House) -> None:
    nodes = (
        '  nap: {block: flow.sleep, with: {duration: 30ms}}\n  past: {block: flow.sleep, with: {until: "2020-01-01"}}'
    )
    assert await house.output(nodes, '{s: "{{ nap.seconds }}"}') == {"s": 0.03}


async def test_failing_on_purpose_has_the_given_code_and_stands_at_the_node(house: House) -> None:
    error = await house.error('  stop: {block: flow.fail, with: {message: "No stock.", code: no_stock}}')
    assert (error.code, error.message, error.node) == ("no_stock", "No stock.", "stop")


async def test_an_assertion_stops_the_run(house: House) -> None:
    error = await house.error('  ok: {block: logic.assert, with: {condition: "{{ 1 > 2 }}", message: "No."}}')
    assert (error.code, error.message) == ("assertion_failed", "No.")
