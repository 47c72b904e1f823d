"""Conversations: streamed, stopped, queued, said otherwise, killed in the middle, and going on where they stood."""

import json
import signal
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from tests.journeys.agui import Screen
from tests.journeys.house import Client, House, eventually
from tests.journeys.puppet import Puppet, Say, house_of, models_of

AGENT = """\
troupe: agent/v1
name: {name}
title: Support
input: {{properties: {{customer: {{type: string, default: nobody}}}}}}
model: puppet/one
instructions: "You help {{{{ has(input.customer) ? input.customer : 'anybody' }}}}."
when_busy: {busy}
tools:
  - {{block: test.noop, name: look_up, description: Look something up.}}
  - {{block: test.noop, name: pay, description: Pay something., effect: once}}
"""
SSE = {"accept": "text/event-stream"}
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8ffff3f0005fe02fe0def46b8"
    "0000000049454e44ae426082"
)


AGENTS = [
    AGENT.format(name=name, busy=busy)
    for name, busy in (("support", "reject"), ("patient", "queue"), ("nervous", "interrupt"))
]


@pytest.fixture(scope="module")
def home(puppet: Puppet) -> Generator[House]:
    with house_of(puppet, *AGENTS) as running:
        yield running


def begin(owner: Client, agent: str = "support", **more: Any) -> str:
    answer = owner.post("/conversations", json={"agent": agent, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def say(owner: Client, chat: str, text: str, **more: Any) -> dict[str, Any]:
    answer = owner.post(f"/conversations/{chat}/messages", json={"text": text, **more})
    assert answer.status_code == 202, answer.text
    return answer.json()


def stream(owner: Client, chat: str, text: str, *, until: str | None = None, **more: Any) -> Screen:
    body = {"text": text, **more}
    with owner.stream("POST", f"/conversations/{chat}/messages", json=body, headers=SSE) as answer:
        return Screen().read(answer, until=until)


def follow(owner: Client, chat: str, screen: Screen) -> Screen:
    headers = SSE | ({"last-event-id": screen.last} if screen.last else {})
    with owner.stream("GET", f"/conversations/{chat}/events", headers=headers) as answer:
        return screen.read(answer)


def messages(owner: Client, chat: str) -> list[dict[str, Any]]:
    answer = owner.get(f"/conversations/{chat}/messages")
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def settled(owner: Client, chat: str) -> list[dict[str, Any]]:
    """The messages once none is open."""
    return eventually(
        lambda: messages(owner, chat),
        lambda every: every and not {m["status"] for m in every} & {"queued", "running"},
        seconds=60.0,
    )


def statuses(owner: Client) -> list[str]:
    return [run["status"] for run in owner.get("/runs").json()["items"]]


def call(id: str, name: str, **arguments: Any) -> tuple[str, str, str]:
    return id, name, json.dumps(arguments)


def asked(puppet: Puppet, at: int = -1) -> list[tuple[str, Any]]:
    """What the model was shown, without its instructions."""
    return [(m["role"], m["content"]) for m in puppet.bodies[at]["messages"] if m["role"] != "system"]


# ── talk ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_answer_is_streamed_with_its_calls_and_is_read_again_from_the_journal(owner: Client, puppet: Puppet) -> None:
    chat = begin(owner, input={"customer": "Ann"})
    puppet.say(Say("Let me see.", calls=[call("a", "look_up", value=1)]), Say("It is one.", drip=0.2))
    screen = stream(owner, chat, "What is it?")
    assert screen.said() == ["Let me see.", "It is one."]
    assert screen.said("tool") == ['{"value":1}']
    assert screen.types().count("TEXT_MESSAGE_CONTENT") > 2, "tokens come as they are made"
    end = screen.events[-1]
    assert (end["type"], end["outcome"], end["result"]["text"]) == ("RUN_FINISHED", {"type": "success"}, "It is one.")
    assert puppet.bodies[0]["messages"][0]["content"] == "You help Ann."
    (message,) = messages(owner, chat)
    assert (message["status"], message["run_id"]) == ("done", screen.headers["x-run-id"])
    answer = message["answer"]
    assert (answer["text"], answer["usage"]["input_tokens"], answer["model"]) == ("It is one.", 22, "puppet/one")
    (called,) = answer["turns"][0]["calls"]
    assert (called["name"], called["status"], called["result"]) == ("look_up", "done", {"value": 1})
    assert owner.get(f"/conversations/{chat}").json()["title"] == "What is it?"
    kept = owner.get(f"/conversations/{chat}/events").json()["items"]
    replayed = Screen()
    for told in kept:
        replayed.take(told["event"])
    assert replayed.said() == screen.said()


def test_the_next_message_is_answered_with_what_was_said_before(owner: Client, puppet: Puppet) -> None:
    chat = begin(owner)
    puppet.say(Say("", calls=[call("a", "look_up", value=1), call("b", "nothing")]), Say("One."), Say("Two."))
    stream(owner, chat, "First?")
    assert stream(owner, chat, "Second?").said() == ["Two."]
    told = asked(puppet)
    assert [role for role, _ in told] == ["user", "assistant", "tool", "tool", "assistant", "user"]
    assert told[2] == ("tool", '{"value":1}')
    assert "not_done" in told[3][1]
    assert (told[4], told[5]) == (("assistant", "One."), ("user", "Second?"))


def test_a_new_answer_and_another_wording_are_branches_beside_the_old(owner: Client, puppet: Puppet) -> None:
    chat = begin(owner)
    puppet.say(Say("One."), Say("Two."), Say("Uno."), Say("Zwei."), Say("Three."))
    stream(owner, chat, "First?")
    stream(owner, chat, "Second?")
    first, second = messages(owner, chat)
    assert owner.post(f"/conversations/{chat}/messages/{first['id']}/retry", json={}).status_code == 202
    settled(owner, chat)
    edited = owner.post(f"/conversations/{chat}/messages/{second['id']}/edit", json={"text": "Zweitens?"})
    assert edited.status_code == 202
    tree = settled(owner, chat)
    assert [(m["text"], m["answer"]["text"]) for m in tree[2:]] == [("First?", "Uno."), ("Zweitens?", "Zwei.")]
    assert (tree[2]["parent"], tree[2]["origin"]) == (None, first["id"])
    assert (tree[3]["parent"], tree[3]["origin"]) == (first["id"], second["id"])
    assert asked(puppet) == [("user", "First?"), ("assistant", "One."), ("user", "Zweitens?")]
    say(owner, chat, "Third?", parent=tree[2]["id"])
    settled(owner, chat)
    assert asked(puppet) == [("user", "First?"), ("assistant", "Uno."), ("user", "Third?")]


def test_attached_texts_stand_in_the_message_images_go_to_the_model_and_the_rest_is_named(
    owner: Client, puppet: Puppet
) -> None:
    chat = begin(owner)
    kept = [
        owner.post("/files", files={"file": (name, content, type)}).json()["id"]
        for name, content, type in (
            ("notes.md", b"# Notes", "text/markdown"), ("dot.png", PNG, "image/png"), ("x.bin", b"\x00\x01", "")
        )
    ]  # fmt: skip
    puppet.say(Say("I see."), Say("Still."))
    say(owner, chat, "Look.", attachments=[{"$file": id} for id in kept])
    (message,) = settled(owner, chat)
    assert message["text"] == "Look."
    assert [a["name"] for a in message["attachments"]] == ["notes.md", "dot.png", "x.bin"]
    ((_, parts),) = asked(puppet)
    text = next(p["text"] for p in parts if p["type"] == "text")
    assert "# Notes\n[end of notes.md]" in text
    assert "[attached file: x.bin" in text
    assert "\x00" not in text
    image = next(p for p in parts if p["type"] == "image_url")
    assert image["image_url"]["url"].startswith("data:image/png;base64,")
    say(owner, chat, "And now?")
    settled(owner, chat)
    assert "# Notes" in json.dumps(asked(puppet)[0])
    assert "data:image/png" in json.dumps(asked(puppet)[0])


# ── several at once ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_while_it_answers_an_agent_takes_no_other_message_unless_it_says_so(owner: Client, puppet: Puppet) -> None:
    chat = begin(owner)
    puppet.default = Say("Slowly.", drip=0.15)
    say(owner, chat, "One.")
    refused = owner.post(f"/conversations/{chat}/messages", json={"text": "Two."})
    assert (refused.status_code, refused.json()["code"]) == (409, "busy")
    assert say(owner, chat, "Three.", when_busy="queue")["status"] == "queued"
    assert [m["text"] for m in settled(owner, chat)] == ["One.", "Three."]


def test_queued_messages_are_answered_in_their_order_each_with_what_came_before(owner: Client, puppet: Puppet) -> None:
    chat = begin(owner, "patient")
    puppet.say(*(Say(f"Answer {i}.", drip=0.02) for i in range(4)))
    sent = [say(owner, chat, f"Question {i}.") for i in range(4)]
    assert [s["status"] for s in sent] == ["running", "queued", "queued", "queued"]
    done = settled(owner, chat)
    assert [(m["text"], m["answer"]["text"]) for m in done] == [(f"Question {i}.", f"Answer {i}.") for i in range(4)]
    assert len(asked(puppet)) == 7
    assert [m["run_id"] for m in done] == [s["run_id"] for s in sent], "a run's id is told before it starts"


def test_messages_sent_at_once_are_each_answered_once(owner: Client, home: House, puppet: Puppet) -> None:
    chat = begin(owner, "patient")
    puppet.default = Say("Yes.")

    def send(n: int) -> str:
        with home.client() as client:
            return say(client, chat, f"Number {n}.")["run_id"]

    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(send, range(12)))
    done = settled(owner, chat)
    assert sorted(m["run_id"] for m in done) == sorted(runs)
    assert {m["status"] for m in done} == {"done"}
    assert [m["number"] for m in done] == list(range(1, 13))
    assert len(puppet.bodies) == 12
    assert len(asked(puppet)) == 23, "the last one sees all the others"


def test_a_failed_answer_does_not_hold_up_what_is_queued(owner: Client, puppet: Puppet) -> None:
    chat = begin(owner, "patient")
    puppet.say(Say(status=400, error="no", delay=0.3), Say("Fine."))
    say(owner, chat, "One.")
    say(owner, chat, "Two.")
    first, second = settled(owner, chat)
    assert (first["status"], first["answer"]["error"]["code"]) == ("failed", "refused")
    assert (second["status"], second["answer"]["text"]) == ("done", "Fine.")


def test_a_message_that_interrupts_is_answered_with_what_was_said_until_then(owner: Client, puppet: Puppet) -> None:
    chat = begin(owner, "nervous")
    puppet.say(Say("word " * 200, drip=0.05, pieces=200), Say("At once."))
    screen = stream(owner, chat, "Talk.", until="TEXT_MESSAGE_CONTENT")
    say(owner, chat, "Shorter!")
    first, second = settled(owner, chat)
    assert (first["status"], second["status"], second["answer"]["text"]) == ("stopped", "done", "At once.")
    assert first["answer"]["partial"]
    assert first["answer"]["text"].startswith("word ")
    assert len(first["answer"]["text"]) < 1000
    told = asked(puppet)
    assert told[1] == ("assistant", first["answer"]["text"] + "\n[The answer broke off here.]")
    assert told[2] == ("user", "Shorter!")
    assert screen.types()[0] == "RUN_STARTED"


def test_a_stopped_answer_keeps_what_was_said_and_the_next_in_the_queue_comes(owner: Client, puppet: Puppet) -> None:
    chat = begin(owner, "patient")
    puppet.say(Say("word " * 200, drip=0.05, pieces=200), Say("Next."))
    screen, started = Screen(), threading.Event()
    screen.on["TEXT_MESSAGE_CONTENT"] = started.set

    def watch() -> None:
        with owner.stream("POST", f"/conversations/{chat}/messages", json={"text": "Talk."}, headers=SSE) as answer:
            screen.read(answer)

    watching = threading.Thread(target=watch)
    watching.start()
    assert started.wait(20)
    say(owner, chat, "Later.")
    stopped = owner.post(f"/conversations/{chat}/stop")
    assert [s["status"] for s in stopped.json()["items"]] == ["stopped"]
    watching.join(20)
    assert screen.events[-1]["outcome"] == {"type": "cancelled"}
    first, second = settled(owner, chat)
    assert (first["status"], first["answer"]["partial"], second["answer"]["text"]) == ("stopped", True, "Next.")
    assert screen.said()[0] == first["answer"]["text"]
    assert owner.post(f"/conversations/{chat}/stop").json()["items"] == []


def test_an_answer_whose_run_is_ended_elsewhere_does_not_hold_up_the_queue(owner: Client, puppet: Puppet) -> None:
    chat = begin(owner, "patient")
    puppet.say(Say("", calls=[call("p", "pay", value=1)]), Say("Next."))
    run = say(owner, chat, "Pay.")["run_id"]
    owner.asked(run)
    say(owner, chat, "Later.")
    assert owner.post(f"/runs/{run}/terminate", json={}).status_code == 200
    later = eventually(lambda: owner.get("/runs").json()["items"][0], lambda r: r["status"] == "completed")
    assert later["output"]["text"] == "Next.", "nobody had to look at the conversation"
    assert [m["status"] for m in messages(owner, chat)] == ["stopped", "done"]


# ── what breaks ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_answer_that_breaks_off_for_good_is_kept_and_marked_partial(owner: Client, puppet: Puppet) -> None:
    chat = begin(owner)
    puppet.default = Say("It begins well and then", mid_error="overloaded", drip=0.1)
    screen = stream(owner, chat, "Go.")
    wrong = screen.events[-1]
    assert (wrong["type"], wrong["metadata"]["partial"]) == ("RUN_ERROR", "It begins well and then")
    assert screen.said() == ["It begins well and then"]
    assert "troupe.void" in {e["name"] for e in screen.only("CUSTOM")}
    (message,) = messages(owner, chat)
    assert (message["status"], message["answer"]["partial"]) == ("failed", True)
    assert message["answer"]["text"] == "It begins well and then"
    assert message["answer"]["error"]["partial"] == "It begins well and then"


def test_a_call_that_is_tried_again_does_not_show_its_text_twice(owner: Client, puppet: Puppet) -> None:
    chat = begin(owner)
    puppet.say(Say("Wrong begin", mid_error="overloaded", drip=0.2), Say("The right answer."))
    screen = stream(owner, chat, "Go.")
    assert screen.said() == ["The right answer."]
    assert [e["name"] for e in screen.only("CUSTOM")] == ["troupe.void"]


def test_an_approval_interrupts_the_stream_which_goes_on_when_it_is_decided(owner: Client, puppet: Puppet) -> None:
    chat = begin(owner)
    puppet.say(Say("I pay.", calls=[call("p", "pay", value=10)]), Say("Paid."))
    screen = stream(owner, chat, "Pay 10.")
    outcome = screen.events[-1]["outcome"]
    assert (screen.events[-1]["type"], outcome["type"]) == ("RUN_FINISHED", "interrupt")
    assert "TOOL_CALL_RESULT" not in screen.types()
    (wait,) = outcome["interrupts"]
    assert (wait["reason"], wait["metadata"]["arguments"]) == ("tool_call", {"value": 10})
    assert wait["toolCallId"] == next(screen.only("TOOL_CALL_START"))["toolCallId"]
    (message,) = messages(owner, chat)
    (called,) = message["answer"]["turns"][0]["calls"]
    assert (called["status"], called["approval_id"]) == ("waiting", wait["id"])
    again = follow(owner, chat, Screen(last=screen.last))
    assert again.events[-1]["outcome"]["interrupts"] == [wait], "a client that comes back is told what waits"
    body = {"decision": "approve", "arguments_hash": wait["metadata"]["arguments_hash"], "arguments": {"value": 7}}
    assert owner.post(f"/approvals/{wait['id']}/decide", json=body).status_code == 200
    screen = follow(owner, chat, screen)
    assert screen.said() == ["I pay.", "Paid."]
    assert screen.said("tool") == ['{"value":7}']
    assert screen.said("user") == ["Pay 10."], "the snapshot of a resumed stream is the whole conversation"


def test_a_refusal_is_told_as_the_calls_result(owner: Client, puppet: Puppet) -> None:
    chat = begin(owner)
    puppet.say(Say("", calls=[call("p", "pay", value=10)]), Say("Then not."))
    screen = stream(owner, chat, "Pay 10.")
    run = screen.headers["x-run-id"]
    owner.decide(owner.asked(run), "refuse", reason="too much")
    screen = follow(owner, chat, screen)
    assert screen.said()[-1] == "Then not."
    assert "refused this: too much" in screen.said("tool")[0]
    assert messages(owner, chat)[0]["answer"]["turns"][0]["calls"][0]["error"]["code"] == "refused_by_person"


def test_a_stream_that_was_cut_goes_on_where_it_was_and_tells_nothing_twice(owner: Client, puppet: Puppet) -> None:
    chat = begin(owner)
    puppet.say(Say("First.", calls=[call("a", "look_up", value=1)]), Say("Then this.", drip=0.05))
    cut = stream(owner, chat, "Go.", until="TOOL_CALL_RESULT")
    assert cut.last.startswith(cut.headers["x-run-id"])
    screen = follow(owner, chat, cut)
    assert screen.said() == ["First.", "Then this."]
    assert screen.types().count("TOOL_CALL_RESULT") == 1
    assert screen.types().count("MESSAGES_SNAPSHOT") == 1


def test_who_opens_the_conversation_in_the_middle_of_an_answer_reads_along(owner: Client, puppet: Puppet) -> None:
    chat = begin(owner)
    puppet.say(Say("word " * 100, drip=0.04, pieces=100))
    stream(owner, chat, "Talk.", until="TEXT_MESSAGE_CONTENT")
    screen = follow(owner, chat, Screen())
    said = [event["delta"] for event in screen.events if event["type"] == "TEXT_MESSAGE_CONTENT"]
    assert (screen.said(), len(said) > 5) == (["word " * 100], True), "words come, and not only the whole of them"


def test_the_same_key_sends_once_and_streams_the_same_answer(owner: Client, puppet: Puppet) -> None:
    chat = begin(owner)
    puppet.say(Say("Once."))
    headers = SSE | {"idempotency-key": f"key-{chat}"}
    screens = []
    for _ in range(2):
        with owner.stream("POST", f"/conversations/{chat}/messages", json={"text": "Go."}, headers=headers) as answer:
            screens.append(Screen().read(answer))
    assert screens[0].said() == screens[1].said() == ["Once."]
    assert len(puppet.bodies) == len(messages(owner, chat)) == 1


# ── killed ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_process_killed_in_an_answer_and_in_an_approval_goes_on_with_the_same_run(puppet: Puppet) -> None:
    own = House(**models_of(puppet))
    try:
        own.start()
        with own.client() as before:
            before.keep(*AGENTS)
            chat = begin(before, "patient")
            puppet.say(Say("Looking.", calls=[call("a", "look_up", value=1)]), Say("long " * 100, drip=0.1, pieces=100))
            screen = stream(before, chat, "Go.", until="TOOL_CALL_RESULT")
            queued = say(before, chat, "Pay.")
            eventually(lambda: len(puppet.bodies), lambda n: n == 2)
        own.end(signal.SIGKILL)
        puppet.say(Say("Done."), Say("", calls=[call("p", "pay", value=2)]))
        own.start()
        with own.client() as after:
            screen = follow(after, chat, screen)
            assert screen.said() == ["Looking.", "Done."]
            run = screen.events[-1]["runId"]
            assert run == queued["run_id"], "the stream goes on with what was queued"
            asking = after.asked(run)
        own.end(signal.SIGKILL)
        puppet.say(Say("Paid."))
        own.start()
        with own.client() as again:
            assert again.asked(run) == asking
            again.decide(asking, "approve")
            screen = follow(again, chat, screen)
            assert screen.said()[-1] == "Paid."
            assert [m["status"] for m in settled(again, chat)] == ["done", "done"]
            assert len(puppet.bodies) == 5, "what had answered is not asked again"
    finally:
        own.remove()


@pytest.mark.parametrize("checkpoint", ["before_transact:1", "after_transact:1"])
def test_a_kill_between_two_messages_loses_none_and_starts_none_twice(puppet: Puppet, checkpoint: str) -> None:
    own = House(**models_of(puppet))
    try:
        own.env |= {"TROUPE_TEST": "1", "TROUPE_KILL_AT": checkpoint}
        own.start()
        puppet.default = Say("Yes.", delay=0.3)
        with own.client() as before:
            before.keep(*AGENTS)
            chat = begin(before, "patient")
            for n in range(3):
                say(before, chat, f"Number {n}.")
        assert own.process is not None
        assert own.process.wait(30) == -signal.SIGKILL
        assert own.process.stdout is not None
        own.process.stdout.close()
        del own.env["TROUPE_KILL_AT"]
        own.start()
        with own.client() as after:
            done = eventually(
                lambda: after.get("/runs").json()["items"], lambda r: [x["status"] for x in r] == ["completed"] * 3
            )
            assert [m["status"] for m in messages(after, chat)] == ["done"] * 3
        assert len(done) == len(puppet.bodies) == 3
    finally:
        own.remove()


# ── who may, and what is refused ────────────────────────────────────────────────────────────────────────────────────


def test_a_viewer_reads_and_says_nothing(home: House, owner: Client, puppet: Puppet) -> None:
    chat = begin(owner)
    stream(owner, chat, "Hello.")
    made = owner.post("/tokens", json={"name": "v", "role": "viewer"}).json()["token"]
    with home.client(made) as viewer:
        assert viewer.get(f"/conversations/{chat}/messages").status_code == 200
        assert viewer.get(f"/conversations/{chat}/events").status_code == 200
        assert follow(viewer, chat, Screen()).said() == ["ok"]
        for path, body in (
            ("/conversations", {"agent": "support"}), (f"/conversations/{chat}/messages", {"text": "x"}),
            (f"/conversations/{chat}/stop", None),
        ):  # fmt: skip
            assert viewer.post(path, json=body).status_code == 403
        assert viewer.patch(f"/conversations/{chat}", json={"title": "x"}).status_code == 403
        assert viewer.delete(f"/conversations/{chat}").status_code == 403


def test_conversations_are_listed_renamed_and_removed(owner: Client, puppet: Puppet) -> None:
    made = [begin(owner, "patient") for _ in range(3)]
    listed = owner.get("/conversations", params={"agent": "patient", "limit": 2}).json()
    assert [c["id"] for c in listed["items"]] == made[:0:-1]
    more = owner.get("/conversations", params={"agent": "patient", "cursor": listed["next_cursor"]}).json()["items"]
    assert more[0]["id"] == made[0]
    assert owner.patch(f"/conversations/{made[0]}", json={"title": "New"}).json()["title"] == "New"
    puppet.default = Say("word " * 200, drip=0.05, pieces=200)
    run = say(owner, made[0], "Talk.")["run_id"]
    assert owner.delete(f"/conversations/{made[0]}").status_code == 204
    assert owner.get(f"/conversations/{made[0]}/messages").status_code == 404
    assert owner.until(run)["status"] == "terminated"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("", {"agent": "nobody"}, 404),
        ("", {"agent": "support", "input": {"history": []}}, 422),
        ("", {"agent": 1}, 422),
        ("/{chat}/messages", {"text": ""}, 422),
        ("/{chat}/messages", {}, 422),
        ("/{chat}/messages", {"text": "x", "parent": "none"}, 404),
        ("/{chat}/messages", {"text": "x", "parent": "00000000-0000-7000-8000-000000000000"}, 404),
        ("/{chat}/messages", {"text": "x", "attachments": [{"$file": "no"}]}, 422),
        ("/{chat}/messages", {"text": "x", "attachments": [{}]}, 422),
        ("/{chat}/messages", {"text": "x", "attachments": ["a"]}, 422),
        ("/{chat}/messages", {"text": "x", "when_busy": "maybe"}, 422),
        ("/{chat}/messages", {"text": "x", "input": {"customer": 1}}, 422),
        ("/{chat}/messages", {"text": "x", "input": {"conversation": "a"}}, 422),
        ("/{chat}/messages/none/retry", {}, 404),
        ("/{chat}/messages/none/edit", {"text": "x"}, 404),
        ("/none/messages", {"text": "x"}, 404),
        ("/00000000-0000-7000-8000-000000000000/messages", {"text": "x"}, 404),
        ("/none/stop", None, 404),
    ],
)
def test_what_cannot_be_is_refused(owner: Client, path: str, body: Any, status: int) -> None:
    chat = begin(owner)
    for headers in ({}, SSE):
        answer = owner.post(f"/conversations{path.format(chat=chat)}", json=body, headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text


@pytest.mark.parametrize("after", ["x", "1:1", "00000000-0000-7000-8000-000000000000:1", ":", "a:²", "\x00"])
def test_an_event_id_that_is_none_is_refused(owner: Client, after: str) -> None:
    chat = begin(owner)
    for headers in ({}, SSE):
        answer: httpx2.Response = owner.get(f"/conversations/{chat}/events", params={"after": after}, headers=headers)
        assert answer.status_code == 422, answer.text


def test_an_approval_below_an_agent_that_is_a_tool_is_shown_decided_and_resumed(owner: Client, puppet: Puppet) -> None:
    boss = "troupe: agent/v1\nname: boss\nmodel: puppet/one\ninstructions: Lead.\ntools:\n  - agent: support\n"
    assert owner.post("/agents", json={"text": boss}).status_code == 201
    chat = begin(owner, "boss")
    puppet.say(Say("", calls=[call("s", "support", message="Pay 10.")]), Say("", calls=[call("p", "pay", value=10)]),
               Say("Paid below."), Say("It is paid."))  # fmt: skip
    screen = stream(owner, chat, "Have 10 paid.")
    waits = screen.events[-1]["outcome"]["interrupts"]
    while waits:
        body = {"decision": "approve", "arguments_hash": waits[0]["metadata"]["arguments_hash"]}
        assert owner.post(f"/approvals/{waits[0]['id']}/decide", json=body).status_code == 200
        told = waits
        screen = follow(owner, chat, screen)
        waits = screen.events[-1].get("outcome", {}).get("interrupts") or []
    assert told[-1]["metadata"]["arguments"] == {"value": 10}, "that of the run below"
    assert screen.said()[-1] == "It is paid."
    assert screen.said("tool") == ["Paid below."]
    assert messages(owner, chat)[0]["status"] == "done"
