"""The contract of the sandbox port: code gives a value, or is stopped; it reaches nothing and harms nobody."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from functions import sandbox as door
from tests.servers.lambdas import Ended, lambdas
from troupe.adapters.aws.sandbox import MOST, LambdaSandbox
from troupe.adapters.embedded.sandbox import MontySandbox
from troupe.base.errors import Rejected, ServerFailed, TimedOut
from troupe.ports.sandbox import Sandbox


@pytest_asyncio.fixture
async def monty() -> AsyncGenerator[MontySandbox]:
    made = MontySandbox()
    yield made
    await made.close()


@pytest_asyncio.fixture(params=["monty", "lambda"])
async def sandbox(
    request: pytest.FixtureRequest, monty: MontySandbox, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[Sandbox]:
    if request.param == "monty":
        yield monty
        return
    async with lambdas(monkeypatch, {"sandbox": door.handler}) as played:
        yield LambdaSandbox(played.aws, "sandbox")
    await asyncio.to_thread(door.close)


async def test_the_last_expression_is_the_value(sandbox):
    code = "total = 0\nfor price in prices:\n    total += price['n']\n{'total': total, 'pair': (1, None)}"
    assert await sandbox.run(code, {"prices": [{"n": 2}, {"n": 3.5}]}) == {"total": 5.5, "pair": [1, None]}


async def test_code_without_a_value_gives_null(sandbox):
    assert await sandbox.run("x = 1", {}) is None


async def test_one_run_sees_nothing_of_another(sandbox):
    await sandbox.run("kept = 1", {})
    with pytest.raises(Rejected, match="kept"):
        await sandbox.run("kept", {})


@pytest.mark.parametrize(
    ("code", "line", "says"),
    [
        ("x = 1\ny = [1][5]", 2, "IndexError"),
        ("def f(:\n  1", 1, "SyntaxError"),
        ("a = 1\nraise ValueError('no')", 2, "no"),
    ],
)
async def test_an_error_names_its_line(sandbox, code, line, says):
    with pytest.raises(Rejected, match=rf"Line {line}: .*{says}"):
        await sandbox.run(code, {})


FOREVER = [
    "while True: pass",
    "sum(range(10**13))",
    "import math\nmath.factorial(10**7)",
    "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
]


@pytest.mark.parametrize("code", FOREVER)
async def test_case_40_code_without_end_is_stopped(sandbox, code):
    with pytest.raises(TimedOut, match=r"stopped after 0\.3 s"):
        await asyncio.wait_for(sandbox.run(code, {}, seconds=0.3), 30)


HUNGRY = [
    "a = []\nwhile True: a.append('x' * 1000)",
    "'x' * 10**10",
    "x = [0]\nfor i in x: x.append(i)",
    "10**10**9",
    "'a'.replace('a', 'b' * 10**9)",
    "f'{1:>99999999999}'",
    "[list(range(5000)) for i in range(5000)]",
]


@pytest.mark.parametrize("code", HUNGRY)
async def test_case_40_code_that_eats_memory_is_stopped(sandbox, code):
    with pytest.raises(Rejected) as stopped:
        await sandbox.run(code, {}, seconds=5, memory_mb=64)
    assert stopped.value.code == "too_much_memory"


@pytest.mark.parametrize(
    "code", ["a = [0] * 1000\nfor i in range(3): a = [a] * 1000\na", "a = 'x' * 10**6\n[a] * 1000"]
)
async def test_case_40_a_small_value_that_unfolds_to_a_huge_one_is_refused(sandbox, code):
    with pytest.raises(Rejected) as stopped:
        await sandbox.run(code, {})
    assert stopped.value.code == "too_much_memory"


ESCAPES = [
    "open('/etc/passwd').read()",
    "import os\nos.environ['PATH']",
    "import os\nos.listdir('/')",
    "import socket",
    "import subprocess",
    "import ctypes",
    "__import__('os').system('id')",
    "import sys\nsys.modules",
    "globals()",
    "().__class__.__bases__[0].__subclasses__()",
    "(lambda: 0).__globals__",
    "(lambda: 0).__code__",
    "[x for x in (1,)].__class__.__mro__",
    "'{0.__class__}'.format(1)",
    "f'{().__class__.__base__}'",
    "try:\n    1/0\nexcept Exception as e:\n    e.__traceback__.tb_frame",
    "(i for i in [1]).gi_frame",
    "from pathlib import Path\nPath('/proc/self/environ').read_text()",
    "import codecs\ncodecs.open('/etc/passwd')",
    "getattr(1, '__class__')",
    "object.__subclasses__()",
    "import importlib",
    "breakpoint()",
    "import urllib.request",
    "exec('import socket')",
    "eval('__import__(\"os\")')",
    "import builtins",
    "import inspect",
    "import gc",
    "open('/tmp/troupe-escaped', 'w').write('x')",
    "type.__getattribute__(int, '__base__').__subclasses__()",
    "class X:\n    def __del__(self): import os; os.system('id')\nX().__init__.__globals__",
]


@pytest.mark.parametrize("code", ESCAPES)
async def test_case_38_no_way_out(sandbox, code):
    with pytest.raises(Rejected) as contained:
        await sandbox.run(code, {})
    assert contained.value.code == "code_failed"
    assert not Path("/tmp/troupe-escaped").exists()


@pytest.mark.parametrize(
    ("code", "says"),
    [("{1, 2}", "set"), ("b'x'", "bytes"), ("float('nan')", "nan"),
     ("import datetime\ndatetime.date(2026, 1, 1)", "date"),
     ("class A: pass\nA()", "A"), ("a = []\nfor i in range(1000): a = [a]\na", "nests"),
     ("import time\ntime.sleep(9)", "sleeps")],
)  # fmt: skip
async def test_a_value_that_is_no_json_is_refused_with_its_kind(sandbox, code, says):
    with pytest.raises(Rejected, match=f"(?i){says}"):
        await sandbox.run(code, {})


async def test_an_input_that_cannot_be_a_variable_is_refused(sandbox):
    with pytest.raises(Rejected, match="cannot be a variable"):
        await sandbox.run("1", {"not a name": 1})


def workers() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if child.name() == "monty"]


async def test_a_run_that_is_cancelled_leaves_no_worker(monty):
    running = asyncio.ensure_future(monty.run("while True: pass", {}, seconds=60))
    while not (begun := workers()):
        await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    _, alive = await asyncio.to_thread(psutil.wait_procs, begun, 10)
    assert not alive


async def test_closing_ends_the_workers_and_a_later_run_starts_anew(monty):
    await monty.run("1", {})
    await monty.close()
    _, alive = await asyncio.to_thread(psutil.wait_procs, workers(), 10)
    assert not alive
    assert await monty.run("1 + 1", {}) == 2


async def test_many_at_once_keep_apart(sandbox):
    assert await asyncio.gather(*(sandbox.run("n * 2", {"n": n}) for n in range(20))) == [n * 2 for n in range(20)]


ENDED = [  # as Lambda said them
    ({"errorType": "Sandbox.Timedout", "errorMessage": "RequestId: 6f1c Error: Task timed out after 60.00 seconds"},
     TimedOut, "timed_out"),
    ({"errorType": "Runtime.ExitError", "errorMessage": "Error: Runtime exited with error: signal: killed"},
     Rejected, "too_much_memory"),
    ({"errorType": "KeyError", "errorMessage": "'a secret text'", "stackTrace": []}, ServerFailed, "server_failed"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "kind", "code"), ENDED)
async def test_a_function_that_was_ended_says_so_in_our_words(monkeypatch, said, kind, code):
    async with lambdas(monkeypatch, {"sandbox": lambda _event, _context: Ended(said)}) as played:
        with pytest.raises(kind) as ended:
            await LambdaSandbox(played.aws, "sandbox").run("1", {})
    assert (ended.value.code, "secret" in ended.value.message) == (code, False)


async def test_more_than_lambda_carries_is_refused_on_either_way(monkeypatch):
    async with lambdas(monkeypatch, {"sandbox": door.handler}) as played:
        sandbox = LambdaSandbox(played.aws, "sandbox")
        with pytest.raises(Rejected, match="pass less"):
            await sandbox.run("1", {"a": "x" * MOST})
        with pytest.raises(Rejected, match="give less"):
            await sandbox.run("'x' * 7_000_000", {})
    await asyncio.to_thread(door.close)
