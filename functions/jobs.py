"""Jobs: a batch of SQS messages `{id, workspace, kind, body}` → what each asks for → the ids of those to come again.

A run that is not over after its slice goes to the orchestrator, so that no message waits for a person.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from functions.kept import kept
from troupe.app.messages import handlers
from troupe.app.wiring import Troupe
from troupe.base.errors import TroupeError
from troupe.base.ids import RunId
from troupe.ports.queue import Handler, read_message

log = logging.getLogger("troupe.jobs")


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """The door."""
    return kept.run(lambda troupe: batch(troupe, event["Records"]))


async def batch(troupe: Troupe, records: list[dict[str, Any]]) -> dict[str, Any]:
    """A partial batch answer."""
    async with troupe.working() as worker:

        async def one_slice(run: RunId, leg: int) -> None:
            outcome = await worker.advance(run)
            if outcome.kind not in ("done", "failed"):
                troupe.parts.orchestrator.start(run, leg)

        known = handlers(troupe.upkeep, troupe.parts.files, one_slice, lambda: troupe.parts)
        done = await asyncio.gather(*(_one(known, record) for record in records))
    failed = [record["messageId"] for record, good in zip(records, done, strict=True) if not good]
    return {"batchItemFailures": [{"itemIdentifier": id} for id in failed]}


async def _one(known: Mapping[str, Handler], record: dict[str, Any]) -> bool:
    try:
        message = read_message(record["body"])
        if message.kind not in known:
            raise TroupeError(f"Nobody knows messages of the kind {message.kind!r}.", code="unknown_message")
        await known[message.kind](message)
    except Exception as wrong:
        log.warning("Message %s is left to be delivered again.", record["messageId"], exc_info=wrong)
        return False
    return True
