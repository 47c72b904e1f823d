"""Jobs: a batch of SQS messages `{run, leg}` → a slice of each → the ids of those to be delivered again.

A run that is not over after its slice goes to the orchestrator, so that no message waits for a person.
"""

import asyncio
import logging
from typing import Any

from functions.advance import advance
from functions.kept import kept
from troupe.app.wiring import Troupe
from troupe.base.ids import RunId
from troupe.base.values import read_json
from troupe.durable.worker import Worker

log = logging.getLogger("troupe.jobs")


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """The door."""
    return kept.run(lambda troupe: batch(troupe, event["Records"]))


async def batch(troupe: Troupe, records: list[dict[str, Any]]) -> dict[str, Any]:
    """A partial batch answer."""
    async with troupe.working() as worker:
        done = await asyncio.gather(*(_one(troupe, worker, record) for record in records))
    failed = [record["messageId"] for record, good in zip(records, done, strict=True) if not good]
    return {"batchItemFailures": [{"itemIdentifier": id} for id in failed]}


async def _one(troupe: Troupe, worker: Worker, record: dict[str, Any]) -> bool:
    try:
        said = await advance(worker, read_json(record["body"]))
    except Exception as wrong:
        log.warning("Message %s is left to be delivered again.", record["messageId"], exc_info=wrong)
        return False
    if said["kind"] not in ("done", "failed"):
        troupe.parts.orchestrator.start(RunId(said["run"]), said["leg"])
    return True
