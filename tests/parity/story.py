"""Cases as data: what is defined, what is started, what happens to it, how it ends; and how a case is played.

A file of `cases/` holds some, each a YAML document: `about`, `text` or `start` (the body of POST /runs, or with `agent`
that of its runs), `input`, `define` (workflows and agents kept before), `model` (what the provider says, in order),
`do` (what happens then), `status` and, if it is to be so, `output` and `code` (of its error) of the last run.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.parity.houses import OVER, House
from tests.parity.normal import all_of, log_of
from tests.servers.provider import Say

FILES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))
SPAN = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
MARGIN = 5.0  # seconds that a move goes beyond what is said: a wait is rounded up to whole ones


@dataclass(frozen=True)
class Case:
    """One story."""

    about: str
    status: str
    text: str = ""
    start: dict[str, Any] = field(default_factory=dict)
    input: Any = None
    define: tuple[str, ...] = ()
    model: tuple[dict[str, Any], ...] = ()
    do: tuple[Any, ...] = ()
    output: Any = None
    code: str = ""


def cases(file: Path, far: str = "") -> Iterator[Case]:
    """Those of a file, in order. `far`: the address of the world outside, which they write FAR."""
    for found in YAML(typ="safe").load_all(file.read_text().replace("FAR", far)):
        tuples = {name: tuple(found[name]) for name in ("define", "model", "do") if name in found}
        yield Case(**found | tuples)


@dataclass
class Played:
    """What became of a case in one house. What arrived outside is the caller's to ask."""

    runs: list[str]
    logs: list[Any]
    last: dict[str, Any]


async def define(house: House, told: list[Case]) -> None:
    """Keep the workflows and agents that cases need, those of the first before those of the next."""
    texts = [text for case in told for text in case.define]
    files = [{"path": f"{number}.yaml", "text": text} for number, text in enumerate(texts)]
    if files:
        await house.call("POST", "/apply", {"files": files})


async def play(house: House, case: Case) -> Played:
    """Play it to its end."""
    house.provider.queue.clear()
    house.provider.say(*[_say(said) for said in case.model])
    runs = [await _start(house, case)]
    for what in case.do:
        [(verb, with_)] = what.items() if isinstance(what, dict) else [(what, None)]
        if new := await _VERBS[verb](house, runs[-1], with_):
            runs.append(new)
    status = await house.until(runs[-1], *OVER)
    await house.quiet()  # those below have ended too
    last = await house.call("GET", f"/runs/{runs[-1]}")
    assert status == case.status, (house.name, case.about, status, last["error"])
    assert not house.provider.queue, (house.name, case.about, "the model was to be asked more", case.model)
    return Played(runs, [await log_of(house.call, run) for run in runs], last)


async def _start(house: House, case: Case) -> str:
    body = {"input": case.input or {}} | case.start | ({"text": case.text} if case.text else {})
    if agent := body.pop("agent", None):
        return (await house.call("POST", f"/agents/{agent}/runs", body))["id"]
    return (await house.call("POST", "/runs", body))["id"]


def _say(said: dict[str, Any]) -> Say:
    calls = [(f"call_{i}", name, json.dumps(args)) for i, (name, args) in enumerate(said.get("calls", []))]
    return Say(**{k: v for k, v in said.items() if k != "calls"}, calls=calls)


def seconds_of(span: str) -> float:
    """`3d` in seconds."""
    number, unit = re.fullmatch(r"(\d+)([smhd])", span).groups()  # type: ignore[union-attr]
    return float(number) * SPAN[unit]


# ── what can happen ─────────────────────────────────────────────────────────────────────────────────────────────────


async def _until(house: House, run: str, status: str) -> None:
    await house.until(run, status)
    await house.quiet()


async def _move(house: House, run: str, span: str) -> None:
    await house.move(seconds_of(span) + MARGIN)


async def _signal(house: House, run: str, body: Any) -> None:
    await house.call("POST", f"/runs/{run}/signals", body)


async def _signal_below(house: House, run: str, body: Any) -> None:
    """To every run below that is not over."""
    for (below,) in house.rows("SELECT id FROM runs WHERE root_id = %s AND id <> %s AND status = 'waiting'", run, run):
        await house.call("POST", f"/runs/{below}/signals", body)


async def _decide(house: House, run: str, said: dict[str, Any]) -> None:
    """On what waits, in this run or below it, the first by step."""
    tree = {str(id) for (id,) in house.rows("SELECT id FROM runs WHERE root_id = %s OR id = %s", run, run)}
    waiting = [a for a in await all_of(house.call, "/approvals?status=pending") if a["run_id"] in tree]
    asked = min(waiting, key=lambda a: a["step"])
    body = {"arguments_hash": asked["arguments_hash"]} | said
    await house.call("POST", f"/approvals/{asked['id']}/decide", body)


async def _decide_badly(house: House, run: str, said: dict[str, Any]) -> None:
    """A decision that must be refused with this code."""
    [asked] = [a for a in await all_of(house.call, "/approvals?status=pending") if a["run_id"] == run]
    body = {name: value for name, value in said.items() if name != "code"}
    status, answer = await house.ask("POST", f"/approvals/{asked['id']}/decide", body)
    assert (status, answer["code"]) == (409, said["code"]), (house.name, answer)


async def _over(house: House, run: str, _: Any) -> None:
    await house.until(run, *OVER)


async def _refused(house: House, run: str, said: dict[str, Any]) -> None:
    """A call that must be answered with this status."""
    path = said["path"].replace("RUN", run)
    status, answer = await house.ask("POST", path, said.get("body", {}))
    assert (status, answer["code"]) == (said["status"], said["code"]), (house.name, answer)


async def _settle(house: House, run: str, said: Any) -> None:
    await house.call("POST", f"/runs/{run}/settle", {"note": "by a test"} | said)


async def _terminate(house: House, run: str, reason: Any) -> None:
    await house.call("POST", f"/runs/{run}/terminate", {"reason": reason})


async def _fork(house: House, run: str, said: Any) -> str:
    await house.until(run, *OVER)
    return (await house.call("POST", f"/runs/{run}/fork", said))["id"]


_VERBS = {
    "until": _until, "move": _move, "signal": _signal, "signal_below": _signal_below, "decide": _decide,
    "decide_badly": _decide_badly, "over": _over,
    "refused": _refused, "settle": _settle, "terminate": _terminate, "fork": _fork,
}  # fmt: skip
