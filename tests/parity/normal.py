"""What two houses must have in common: the log of a run with its ids and its times taken out.

Ids are numbered as they first come; a time is `<time>` or 0, a span `<seconds>`. Whether a run left memory while it
waited for runs below it depends on how soon they ended, so `run.waiting` for children and the `run.resumed` after it
are time as well; so is, of what branches did side by side, which ended first. Nothing else is changed or left out, but
of very many runs below one all that the last of them did.
"""

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

Call = Callable[[str, str], Awaitable[Any]]

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
SECONDS = re.compile(r"\b1[78]\d{8}(\.\d+)?\b")  # since 1970
TIMES = ("at", "created_at", "started_at", "ended_at", "expires_at", "decided_at", "due")
WHOLE = 10  # runs below one whose logs are looked at
RUN = ("status", "reason", "input", "output", "error", "origin", "dry_run", "wakes_on", "usage")
STEP = (
    "key", "node", "block", "effect", "status", "attempt", "input", "output", "error", "effect_key", "reused_from",
    "simulated", "usage",
)  # fmt: skip


async def log_of(get: Call, run: str) -> Any:
    """The log of a run and of all below it, for comparison. `get` asks the API."""
    whole = json.dumps(await _tree(get, run), sort_keys=True)
    numbers: dict[str, str] = {}
    whole = SECONDS.sub("0", TIME.sub("<time>", whole))
    return json.loads(ID.sub(lambda found: numbers.setdefault(found[0], f"<id {len(numbers) + 1}>"), whole))


async def _tree(get: Call, id: str) -> dict[str, Any]:
    run = await get("GET", f"/runs/{id}")
    below = await all_of(get, f"/runs?parent={id}")
    asked = [a for a in await all_of(get, "/approvals") if a["run_id"] == id]
    return {
        "1 run": {name: run[name] for name in RUN} | {"usage": _spent(run["usage"])},
        "2 events": _events(await all_of(get, f"/runs/{id}/events", by="after")),
        "3 steps": [_step(s) for s in await all_of(get, f"/runs/{id}/steps")],
        "4 approvals": [_approval(a) for a in sorted(asked, key=lambda a: a["step"])],
        "5 below": [
            {"step": r["parent"]["step"], "log": await _tree(get, r["id"]) if number < WHOLE else r["status"]}
            for number, r in enumerate(sorted(below, key=lambda r: r["parent"]["step"]))
        ],
    }


async def all_of(get: Call, path: str, by: str = "cursor") -> list[Any]:
    """Every item of a list."""
    items: list[Any] = []
    cursor = None
    while True:
        more = f"&{by}={cursor}" if cursor else ""
        page = await get("GET", f"{path}{'&' if '?' in path else '?'}limit=200{more}")
        items += page["items"]
        cursor = page["next_cursor"]
        if not cursor:
            return items


def _events(kept: list[dict[str, Any]]) -> list[list[str]]:
    """Status changes in order; between two of them the ends of steps, sorted."""
    log: list[list[str]] = [[]]
    rests = False
    for event in kept:
        data = {name: value for name, value in event["data"].items() if name not in ("seconds", "usage")}
        said = f"{event['type']} {event['step'] or ''} {json.dumps(data, sort_keys=True)}"
        if event["type"].startswith("step."):
            log[-1].append(said)
        elif event["type"] == "run.waiting" and event["data"].get("reason") == "children":
            rests = True
        elif event["type"] == "run.resumed" and rests:
            rests = False
        else:
            log += [[said], []]
    return [sorted(part) for part in log if part]


def _approval(asked: dict[str, Any]) -> dict[str, Any]:
    """Its id holds the run's and the step's."""
    return {name: value for name, value in asked.items() if name not in ("id", *TIMES)}


def _step(step: dict[str, Any]) -> dict[str, Any]:
    return {name: step[name] for name in STEP} | {"usage": _spent(step["usage"])}


def _spent(usage: dict[str, Any] | None) -> Any:
    return usage and usage | {"seconds": "<seconds>"}
