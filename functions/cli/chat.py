"""Talk to an agent on a terminal: its words as they come, its tools as they are used, and decisions asked in place."""

import signal
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import typer

from functions.cli.follow import decide, show_approval
from functions.cli.show import cell, colour, json_line, note, plain
from troupe.base.errors import BadInput, TroupeError, Unavailable
from troupe.base.ids import new_id
from troupe.base.values import read_json

if TYPE_CHECKING:
    from functions.cli.client import Api, Told

DONE, FAILED, WAITING = 0, 1, 5
TRIES = 5  # to come back after a connection broke
LONGEST = 200  # characters of arguments and results that are shown


class Chat:
    """One conversation. The answers go to standard output, all else to standard error."""

    def __init__(self, api: "Api", conversation: str, *, as_json: bool) -> None:
        self.api, self.id, self.as_json = api, conversation, as_json
        self.path = f"conversations/{conversation}"
        self.last = ""
        self.shown: dict[str, str] = {}  # of each message what stands on the screen
        self.text = ""
        self.interrupted = False
        self.calls: dict[str, str] = {}

    def converse(self) -> int:
        """Message after message, a line each, until the input ends; the code of the last answer."""
        asks, code = sys.stdin.isatty(), DONE
        while True:
            if asks:
                typer.echo(colour("you> ", "dim"), nl=False, err=True)
            line = sys.stdin.readline()
            if not line:
                break
            if line.strip():
                code = self.say(line.strip())
        if asks:
            note(f"\nGo on with it: troupe agent chat NAME --conversation {self.id}")
        return code

    def say(self, text: str) -> int:
        """Send a message and show its answer; 0 answered, 1 failed or stopped, 5 waits for a person."""
        before = signal.signal(signal.SIGINT, self._interrupt)
        try:
            return self._answer(text)
        except KeyboardInterrupt:
            self.api.post(f"{self.path}/stop")
            self._line_end()
            note(colour("The answer was stopped.", "yellow"))
            return FAILED
        finally:
            signal.signal(signal.SIGINT, before)
            self.interrupted = False

    def _interrupt(self, *_: object) -> None:
        """Python drops what is raised in a destructor or a callback; the next event then sees what was asked."""
        self.interrupted = True
        raise KeyboardInterrupt

    def _answer(self, text: str) -> int:
        end = self._follow({"text": text}, new_id())
        while (end.get("outcome") or {}).get("type") == "interrupt":
            if not self._decide(end["outcome"]["interrupts"]):
                return WAITING
            end = self._follow(None, "")
        if end["type"] == "RUN_ERROR":
            note(f"{colour('✗', 'red')} {cell(end['message'])}")
            return FAILED
        return DONE if (end.get("outcome") or {}).get("type", "success") == "success" else FAILED

    def _follow(self, body: dict[str, Any] | None, key: str) -> dict[str, Any]:
        """Show a stream to its end, coming back where the connection breaks; its last event."""
        began = self.last
        for _ in range(TRIES):
            again = body is None or self.last != began
            path = f"{self.path}/{'events' if again else 'messages'}"
            end = self._show(self.api.told(path, None if again else body, key, self.last))
            if end is not None:
                return end
        raise Unavailable("The stream of the answer breaks off again and again.", code="unreachable")

    def _show(self, told: Iterable["Told"]) -> dict[str, Any] | None:
        for id, event in told:
            if self.interrupted:
                raise KeyboardInterrupt
            self.last = id or self.last
            if self.as_json:
                json_line(event)
            else:
                self._tell(event)
            if event["type"] in ("RUN_FINISHED", "RUN_ERROR"):
                self._line_end()
                return event
        return None

    # ── what is shown ───────────────────────────────────────────────────────────────────────────────────────────────

    def _tell(self, event: dict[str, Any]) -> None:
        kind = event["type"]
        if kind == "TEXT_MESSAGE_START":
            self.text = ""
        elif kind == "TEXT_MESSAGE_CONTENT":
            self._write(event["messageId"], event["delta"])
        elif kind == "TEXT_MESSAGE_END":
            self._line_end()
        elif kind == "CUSTOM" and event["name"] == "troupe.void":
            self.shown.pop(event["value"]["messageId"], None)
            self._line_end()
            note(colour("↻ The model is asked once more.", "yellow"))
        elif kind == "TOOL_CALL_START":
            self.calls[event["toolCallId"]] = event["toolCallName"]
        elif kind == "TOOL_CALL_ARGS":
            self._line_end()
            note(colour(f"→ {cell(self.calls[event['toolCallId']])} {_short(event['delta'])}", "dim"))
        elif kind == "TOOL_CALL_RESULT":
            name = self.calls.get(event["toolCallId"], "tool")
            note(colour(f"← {cell(name)} {_short(event['content'])}", "dim"))

    def _write(self, message: str, delta: str) -> None:
        """Print what is new of a message: a stream that goes on tells an unfinished one from its beginning."""
        self.text += delta
        before = self.shown.get(message, "")
        if len(self.text) > len(before):
            typer.echo(plain(self.text[len(before) :]) if sys.stdout.isatty() else self.text[len(before) :], nl=False)
            sys.stdout.flush()
            self.shown[message] = self.text

    def _line_end(self) -> None:
        if self.text and not self.as_json:
            typer.echo("")
        self.text = ""

    # ── decisions ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _decide(self, waits: list[dict[str, Any]]) -> bool:
        """Ask on the terminal what waits; whether the answer may go on."""
        asked = [w for w in waits if w["reason"] == "tool_call"]
        for wait in waits:
            if wait not in asked:
                note(f"The answer waits: {cell(wait.get('message') or wait['reason'])}")
        if not asked or self.as_json or not (sys.stdin.isatty() and sys.stderr.isatty()):
            for wait in asked:
                note(f"{cell(wait['message'])} waits for a person: troupe approvals approve {wait['id']}")
            return False
        decided = [self._ask(self.api.get(f"approvals/{wait['id']}")) for wait in asked]
        return any(decided)

    def _ask(self, approval: dict[str, Any]) -> bool:
        if approval["status"] != "pending":
            return True
        show_approval(approval)
        while True:
            answer = _prompt("Approve? [y]es, [n]o, [e]dit, [l]ater: ").lower()[:1]
            try:
                if answer == "y":
                    decide(self.api, approval, "approve", "")
                elif answer == "e":
                    changed = read_json(_prompt("Arguments as JSON: "))
                    decide(self.api, approval, "approve", "", arguments=changed)
                elif answer == "n":
                    decide(self.api, approval, "refuse", _prompt("Why? (may be empty) "))
                else:
                    return False
            except BadInput as wrong:
                note(wrong.message)
                continue
            except TroupeError as wrong:  # somebody else was faster, or it is not ours to decide
                note(wrong.message)
                return wrong.code == "approval_decided"
            return True


def _prompt(text: str) -> str:
    typer.echo(text, nl=False, err=True)  # not input(): it writes to the output
    return sys.stdin.readline().strip()


def _short(text: str) -> str:
    flat = cell(text)
    return flat if len(flat) <= LONGEST else f"{flat[:LONGEST]}…"
