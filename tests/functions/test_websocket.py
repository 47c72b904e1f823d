"""A socket that a gateway holds hears what one of the one process does: whole, in order, and no more than it may."""

import asyncio
import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from functions import advance, websocket
from functions.kept import kept
from tests.functions.context import CONTEXT
from tests.functions.test_doors import ASKS, a_stranger, call, start, turn
from tests.functions.test_events import event
from tests.servers.aws import REGION
from tests.servers.raw import raw_server, reply
from troupe.base.ids import new_id
from troupe.features.accounts.service import LAPTOP
from troupe.features.runs.spoken import MAX_SUBSCRIPTIONS

SOCKET = "T0tZrfdhliACHTw="


def open_socket(token: str, socket: str = SOCKET) -> int:
    said = event("websocket.connect", TOKEN=token)
    said["requestContext"]["connectionId"] = socket
    return websocket.handler(said, CONTEXT)["statusCode"]


def say(message: Any, socket: str = SOCKET) -> None:
    said = event("websocket.message")
    said["requestContext"]["connectionId"] = socket
    said["body"] = message if isinstance(message, str) else json.dumps(message)
    assert websocket.handler(said, CONTEXT) == {"statusCode": 200}


def heard(socket: str = SOCKET) -> list[dict[str, Any]]:
    """What was posted to a socket since it was last asked."""
    from moto.apigatewaymanagementapi.models import apigatewaymanagementapi_backends
    from moto.core import DEFAULT_ACCOUNT_ID

    connection = apigatewaymanagementapi_backends[DEFAULT_ACCOUNT_ID][REGION].connections.pop(quote(socket), None)
    text, found, decoder = (connection.data.decode() if connection else ""), [], json.JSONDecoder()
    while text:
        message, end = decoder.raw_decode(text)
        found.append(message)
        text = text[end:]
    return found


@contextmanager
def owner_of(url: str) -> Generator[psycopg.Connection[Any]]:
    """The owner of the database, looking at our workspace."""
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("SELECT set_config('troupe.workspace', %s, false)", [LAPTOP])
        yield owner


def seqs(messages: list[dict[str, Any]]) -> list[int]:
    return [m["seq"] for m in messages if m.get("seq") is not None]


def test_a_run_is_heard_from_its_start_to_its_end(cloud: str) -> None:
    run = start(cloud)
    assert open_socket(cloud) == 200
    say({"type": "subscribe", "run_id": run})
    before = heard()
    assert [m["type"] for m in before] == ["subscribed", "run.started"]
    assert advance.handler(turn(run), CONTEXT)["kind"] == "done"
    after = heard()
    assert after[-1]["type"] == "run.completed"
    assert {m["data"].get("step") for m in after if m["type"] == "run.progress"} >= {"one", "two"}
    kept_ones = seqs(before) + seqs(after)
    assert kept_ones == sorted(set(kept_ones))
    assert len(kept_ones) == len(call(cloud, "GET", f"/runs/{run}/events")[1]["items"])


def test_a_socket_that_comes_back_hears_what_it_missed_and_nothing_twice(cloud: str) -> None:
    run = start(cloud, ASKS)
    advance.handler(turn(run), CONTEXT)
    open_socket(cloud)
    say({"type": "subscribe", "run_id": run, "after": 2})
    assert min(seqs(heard())) == 3
    say({"type": "subscribe", "run_id": run, "after": 0})
    assert [m["type"] for m in heard()] == ["subscribed"]


def test_unsubscribing_and_closing_end_it(cloud: str) -> None:
    run = start(cloud, ASKS)
    for ends in ({"type": "unsubscribe", "run_id": run}, None):
        open_socket(cloud)
        say({"type": "subscribe", "run_id": run})
        heard()
        if ends is None:
            websocket.handler(event("websocket.disconnect"), CONTEXT)
        else:
            say(ends)
        call(cloud, "POST", f"/runs/{run}/signals", {"name": "a"})
        advance.handler(turn(run), CONTEXT)
        assert heard() == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"type": "dance"}', '{"type": "subscribe"}', "x" * 20_000])
def test_what_is_no_message_is_answered_so(cloud: str, text: str) -> None:
    open_socket(cloud)
    say(text)
    assert [(m["type"], m["code"]) for m in heard()] == [("error", "bad_message")]


def test_a_ping_is_answered(cloud: str) -> None:
    open_socket(cloud)
    say({"type": "ping"})
    assert heard() == [{"type": "pong"}]


def test_a_foreign_run_reads_like_one_that_is_not_there(cloud: str) -> None:
    run = start(cloud)
    kept.run(lambda troupe: a_stranger(troupe.parts.database, "trp_of-a-stranger"))
    open_socket("trp_of-a-stranger")
    answers = []
    for id in (run, new_id(), "x"):
        say({"type": "subscribe", "run_id": id})
        answers.append([m | {"run_id": ""} for m in heard()])
    assert answers[0] == answers[1] == answers[2] == [answers[0][0] | {"type": "error", "code": "not_found"}]


def test_a_socket_whose_token_was_revoked_hears_nothing_more(cloud: str, database_url: str) -> None:
    run = start(cloud, ASKS)
    open_socket(cloud)
    say({"type": "subscribe", "run_id": run})
    heard()
    with owner_of(database_url) as owner:
        assert owner.execute("UPDATE tokens SET revoked_at = now()").rowcount == 1
    advance.handler(turn(run), CONTEXT)
    assert heard() == []
    say({"type": "ping"})
    assert heard() == []  # it was told why, and closed


def test_nobody_speaks_through_a_socket_that_was_never_opened(cloud: str) -> None:
    say({"type": "ping"}, "of-nobody")
    assert heard("of-nobody") == []


def test_a_socket_follows_a_hundred_runs_at_most(cloud: str, database_url: str) -> None:
    run = start(cloud)
    open_socket(cloud)
    with owner_of(database_url) as owner:
        owner.execute(
            """INSERT INTO subscriptions (run_id, socket_id, workspace_id, after)
               SELECT gen_random_uuid(), id, workspace_id, 0 FROM sockets, generate_series(1, %s)""",
            [MAX_SUBSCRIPTIONS],
        )
    say({"type": "subscribe", "run_id": run})
    assert [m.get("code") for m in heard()] == [None, "too_many"]


def test_a_socket_that_is_gone_is_forgotten(cloud: str, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run = start(cloud, ASKS)
    open_socket(cloud)
    say({"type": "subscribe", "run_id": run})
    with gone(monkeypatch):
        advance.handler(turn(run), CONTEXT)
    with owner_of(database_url) as owner:
        assert owner.execute("SELECT count(*) FROM sockets").fetchone() == (0,)


def gone(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A gateway that answers 410, in a thread: moto knows no socket that is gone."""

    @contextmanager
    def serving() -> Any:
        ready, over, found = threading.Event(), threading.Event(), []

        async def serve() -> None:
            body = json.dumps({"message": "Gone"})
            async with raw_server(lambda *_: reply(410, body, x_amzn_errortype="GoneException")) as server:
                found.append(server.url)
                ready.set()
                await asyncio.to_thread(over.wait)

        thread = threading.Thread(target=lambda: asyncio.run(serve()))
        thread.start()
        ready.wait(10)
        monkeypatch.setenv("TROUPE_WEBSOCKET_ENDPOINT", "https://gone.test/ws")
        kept.close()
        gateway = kept.troupe().parts.realtime._gateway  # pyright: ignore
        made = gateway.aws.make
        gateway._make = lambda: made("apigatewaymanagementapi", repeat=True, timeout=5.0, endpoint=found[0])
        try:
            yield
        finally:
            over.set()
            thread.join()

    return serving()
