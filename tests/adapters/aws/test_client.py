"""What the failures of a call mean: for what Troupe itself needs, and for an effect of a step, which is sent once."""

import asyncio
import json

import pytest

from tests.adapters.aws.conftest import Wire
from tests.servers.raw import Seen, reply
from troupe.adapters.aws._client import ATTEMPTS, Aws
from troupe.base.errors import (
    ConnectionLost,
    NotDone,
    RateLimited,
    Refused,
    Rejected,
    ServerFailed,
    TimedOut,
    TroupeError,
    Unavailable,
    Unreachable,
)

REGION = "eu-central-1"
ASKED = {"QueueUrl": "http://127.0.0.1:1/1/q", "MessageBody": "a secret text"}
# status, code of AWS, what an effect raises, how often what may be repeated is asked
SAID = [
    (400, "ThrottlingException", RateLimited, ATTEMPTS),
    (429, "TooManyRequestsException", RateLimited, ATTEMPTS),
    (403, "AccessDeniedException", Refused, 1),
    (400, "InvalidParameterValue", Refused, 1),
    (500, "InternalFailure", ServerFailed, ATTEMPTS),
    (503, "ServiceUnavailable", ServerFailed, ATTEMPTS),
]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore waits up to 20 s between attempts; that it does is its own affair."""
    import botocore.endpoint

    monkeypatch.setattr(botocore.endpoint.time, "sleep", lambda _: None)


def said(status: int, code: str) -> bytes:
    body = json.dumps({"__type": f"com.amazonaws.sqs#{code}", "message": "with a secret text"})
    return reply(status, body, content_type="application/x-amz-json-1.0")


async def send(repeat: bool, timeout: float = 5.0) -> TroupeError:
    aws = Aws(REGION)
    try:
        with pytest.raises(TroupeError) as raised:
            await aws.client("sqs", repeat=repeat, timeout=timeout).call("send_message", **ASKED)
        return raised.value
    finally:
        aws.close()


@pytest.mark.parametrize(("status", "code", "kind", "_times"), SAID)
async def test_an_effect_is_sent_once_and_says_whether_it_may_have_happened(wire: Wire, status, code, kind, _times):
    wire.answer = lambda _: said(status, code)
    wrong = await send(repeat=False)
    assert type(wrong) is kind
    assert (wire.asked, code in wrong.message, "secret" in wrong.message) == (1, True, False)


@pytest.mark.parametrize(("status", "code", "_kind", "times"), SAID)
async def test_what_troupe_needs_is_asked_again_where_that_helps_and_is_unavailable_in_the_end(
    wire: Wire, status, code, _kind, times
):
    wire.answer = lambda _: said(status, code)
    wrong = await send(repeat=True)
    assert (type(wrong), wrong.code, wire.asked) == (Unavailable, "aws_unavailable", times)


async def test_an_answer_that_does_not_come_leaves_open_whether_it_happened(wire: Wire):
    async def never(_: Seen) -> bytes:
        await asyncio.sleep(30)
        return b""

    wire.answer = never
    wrong = await send(repeat=False, timeout=0.2)
    assert isinstance(wrong, TimedOut)
    assert wire.asked == 1


async def test_a_connection_that_is_cut_leaves_open_whether_it_happened(wire: Wire):
    def cut(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.close()

    wire.server.handler = cut
    wrong = await send(repeat=False)
    assert isinstance(wrong, ConnectionLost)
    assert wire.asked == 1


async def test_nobody_listening_means_that_nothing_happened(wire: Wire, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert isinstance(await send(repeat=False), Unreachable)
    assert isinstance(await send(repeat=True), Unavailable)


async def test_without_credentials_nothing_is_sent(wire: Wire, monkeypatch: pytest.MonkeyPatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    wrong = await send(repeat=False)
    assert isinstance(wrong, NotDone)
    assert wire.asked == 0


async def test_what_cannot_be_asked_is_rejected_before_it_is_sent(wire: Wire):
    aws = Aws(REGION)
    with pytest.raises(Rejected):
        await aws.client("sqs", repeat=False).call("send_message", QueueUrl=7)
    assert wire.asked == 0
    aws.close()


async def test_no_more_calls_are_under_way_than_there_are_threads(wire: Wire):
    open_calls = most = 0

    async def slow(_: Seen) -> bytes:
        nonlocal open_calls, most
        open_calls += 1
        most = max(most, open_calls)
        await asyncio.sleep(0.02)
        open_calls -= 1
        return said(400, "InvalidParameterValue")

    wire.answer = slow
    aws = Aws(REGION, at_once=3)
    client = aws.client("sqs")
    await asyncio.gather(*(client.call("send_message", **ASKED) for _ in range(12)), return_exceptions=True)
    assert (wire.asked, most) == (12, 3)
    aws.close()
