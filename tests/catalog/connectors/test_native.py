"""What holds for every native connector: its tools say what they are, and its credential stays where it belongs."""

import importlib
import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.catalog.connectors.harness import CANARY, opened, use
from tests.servers.desk import Answer, Asked, Desk
from troupe.base.errors import RateLimited, Refused, ServerFailed, TroupeError
from troupe.catalog.connectors._native import Native, given_of, tools_of
from troupe.catalog.contract import Action
from troupe.catalog.registry import connector_ids, get_connector
from troupe.features.connections.trial import SCHEMA, take
from troupe.features.definitions.schema import wrong_schema
from troupe.ports.run import Effect

NATIVE = sorted(id for id in connector_ids() if isinstance(get_connector(id), Native))
TOKEN = {"token": CANARY}
CALLS: dict[str, tuple[dict[str, str], str, dict[str, Any]]] = {  # its addresses, a tool that reads, what it is given
    "github": ({"base_url": "{{server}}"}, "get_repository", {"repository": "o/n"}),
    "slack": ({"base_url": "{{server}}"}, "get_user", {"user": "U12345"}),
    "notion": ({"base_url": "{{server}}"}, "get_database", {"database": "a" * 32}),
    "google_calendar": ({"base_url": "{{server}}", "token_url": "{{server}}/t"}, "get_event", {"event": "e"}),
    "microsoft_mail": ({"base_url": "{{server}}", "login_url": "{{server}}"}, "list_folders", {}),
    "web_search": ({"base_url": "{{server}}"}, "search", {"query": "x"}),
}


def configured(name: str, url: str) -> dict[str, str]:
    return {key: value.replace("{{server}}", url) for key, value in CALLS[name][0].items()}


def kind(name: str) -> type[Native]:
    connector = get_connector(name)
    assert isinstance(connector, Native)
    return type(connector)


def test_there_is_a_call_for_every_connector_that_speaks_http() -> None:
    assert sorted([*CALLS, "aws_s3", "postgres"]) == NATIVE


@pytest.mark.parametrize("name", NATIVE)
def test_every_tool_says_what_it_is_and_what_it_takes(name: str) -> None:
    connector = kind(name)
    assert connector.__doc__
    assert connector.title
    for tool, method in tools_of(connector).items():
        assert len((method.__doc__ or "").strip()) >= 20, tool
        assert isinstance(method.__tool__.effect, Effect), tool
        assert method.__tool__.effect is not Effect.PURE, tool
        assert method.__tool__.tags, tool
        for field, about in given_of(method).model_fields.items():
            assert about.description, f"{tool}: {field} has no description"


@pytest.mark.parametrize("name", NATIVE)
async def test_its_tools_are_taken_as_they_are(name: str, tmp_path: Path) -> None:
    connector = get_connector(name)
    filled = (
        {"host": "db.example.org", "database": "d", "user": "u", "allow_writes": True} if name == "postgres" else {}
    )
    async with opened(tmp_path, name, filled, None if name == "postgres" else credential(name)) as link:
        actions = await connector.actions(link)
    taken = take(actions)
    assert [one["name"] for one in taken] == [action.name for action in actions]
    for one, action in zip(taken, actions, strict=True):
        assert one["input_schema"] == {**action.input_schema, "type": "object"}, "nothing of the schema was refused"
        assert not wrong_schema(action.input_schema)
        assert len(json.dumps(action.input_schema)) < SCHEMA / 4
        assert '"title":' not in json.dumps(action.input_schema).replace('"title": {', "")


def credential(name: str) -> dict[str, str]:
    return {"access_key": "AKID1", "secret_key": CANARY} if name == "aws_s3" else TOKEN


@pytest.mark.parametrize("name", sorted(CALLS))
@pytest.mark.parametrize(
    ("status", "wrong"), [(401, Refused), (403, Refused), (404, Refused), (429, RateLimited), (500, ServerFailed)]
)
async def test_a_failure_says_what_to_do_and_nothing_of_the_credential(
    tmp_path: Path, name: str, status: int, wrong: type[TroupeError]
) -> None:
    _, tool, given = CALLS[name]

    def answer(asked: Asked) -> Answer:
        said = {"message": f"You sent {asked.headers}", "error": {"message": f"Not {CANARY}"}}
        return Answer(said, status, {"retry-after": "7"} if status == 429 else {})

    with Desk() as far:
        far.answer = answer  # type: ignore[method-assign]
        async with opened(tmp_path, name, configured(name, far.url), TOKEN) as link:
            with pytest.raises(TroupeError) as refused:
                await use(name, link, tool, given)
    assert type(refused.value) is wrong
    assert CANARY not in f"{refused.value.message} {refused.value.hint} {refused.value!r}"
    assert getattr(refused.value, "retry_after", 7.0) == 7.0
    if status in (401, 403, 404) and name not in ("slack", "web_search"):
        assert refused.value.hint == kind(name).hints[status]


@pytest.mark.parametrize("name", sorted(CALLS))
async def test_a_credential_does_not_follow_to_another_host(tmp_path: Path, name: str) -> None:
    _, tool, given = CALLS[name]
    with Desk() as far, Desk() as away:
        far.answer = lambda asked: Answer({}, 302, {"location": f"{away.url}{asked.path}"})  # type: ignore[method-assign]
        async with opened(tmp_path, name, configured(name, far.url), TOKEN) as link:
            try:
                await use(name, link, tool, given)
            except TroupeError as refused:
                assert CANARY not in refused.message  # noqa: PT017
            with pytest.raises(TroupeError) as refused_too:
                await link.request("GET", f"{away.url}/x")
        assert any(CANARY in str(asked.headers) for asked in far.asked)
        assert away.asked
        assert not any(CANARY in str(asked.headers) for asked in away.asked)
    assert refused_too.value.code == "not_bound"


@pytest.mark.parametrize("name", sorted(CALLS))
@pytest.mark.parametrize("arguments", [{"nothing": 1}, {"limit": "many"}, {"cursor": {}}])
async def test_what_is_no_tool_or_does_not_fit_is_refused(tmp_path: Path, name: str, arguments: Any) -> None:
    connector = get_connector(name)
    async with opened(tmp_path, name, configured(name, "http://127.0.0.1:9"), TOKEN) as link:
        for tool in [*tools_of(kind(name)), "nothing", "__class__", "sign"]:
            action = Action(name=tool, description="", input_schema={}, effect=Effect.READ, locator={"tool": tool})
            with pytest.raises(TroupeError) as refused:
                await connector.call(link, action, arguments)
            assert refused.value.code == ("bad_input" if tool in tools_of(kind(name)) else "no_such_tool")


STRANGE: list[Any] = [
    [], [1], None, 7, "x", {"ok": True, "items": 1, "results": [1], "value": "x", "channels": [1], "files": [3]},
    {"ok": True, "properties": [1], "attendees": ["x"], "content": 1, "object": "page", "channel": 3, "jobs": [1]},
    {"ok": True, "properties": {"a": 1, "b": {"type": "people", "people": 3}}, "calendars": {"a": 1}},
]  # fmt: skip


@pytest.mark.parametrize("name", sorted(CALLS))
async def test_an_answer_that_makes_no_sense_breaks_nothing(tmp_path: Path, name: str) -> None:
    cases = importlib.import_module(f"tests.catalog.connectors.test_{name}").CASES
    with Desk() as far:
        async with opened(tmp_path, name, configured(name, far.url), TOKEN) as link:
            for strange in STRANGE:
                far.answer = lambda _, said=strange: Answer(said)  # type: ignore[method-assign, misc]
                for case in cases.values() if isinstance(cases, dict) else cases:
                    with suppress(TroupeError):
                        json.dumps(await use(name, link, case.tool, case.given))
                with suppress(TroupeError):
                    assert await get_connector(name).test(link)


HEAVY = ("boto3", "botocore", "psycopg_pool", "mcp", "trafilatura", "httpx2")


@pytest.mark.parametrize("name", NATIVE)
def test_a_connector_is_imported_without_what_it_may_never_need(name: str) -> None:
    code = f"import sys, troupe.catalog.connectors.{name}; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr
