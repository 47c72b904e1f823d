"""Jobs: a batch of SQS messages `{id, workspace, kind, body}` → what each asks for → the ids of those to come again.

A run that is not over after its slice goes to the state machine, so that no message waits for a person. The messages
of a batch share one worker's lease, so the batch is our own loop: that of Powertools would run the event loop itself.
"""

import asyncio
import logging
from typing import Any

from functions.kept import kept, seconds_left
from functions.observed import count, observed
from troupe.adapters.aws.queue import Deliveries
from troupe.app import calls
from troupe.app.wiring import Troupe

log = logging.getLogger("troupe.jobs")


@observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The door."""
    again = kept.run(lambda troupe: batch(troupe, event["Records"], seconds_left(context)), context)
    count("Messages.done", len(event["Records"]) - len(again))
    count("Messages.failed", len(again))
    return {"batchItemFailures": [{"itemIdentifier": id} for id in again]}


async def batch(troupe: Troupe, records: list[dict[str, Any]], seconds: float) -> list[str]:
    """The ids of the records that are to come again, after so many seconds at most."""
    async with calls.working(troupe, seconds) as worker:
        deliveries = calls.deliveries(troupe, worker)
        done = await asyncio.gather(*(_one(deliveries, record) for record in records))
    return [record["messageId"] for record, good in zip(records, done, strict=True) if not good]


async def _one(deliveries: Deliveries, record: dict[str, Any]) -> bool:
    try:
        await deliveries.deliver(record)
    except Exception as wrong:
        log.warning("Message %s is left to be delivered again.", record["messageId"], exc_info=wrong)
        return False
    return True
