"""An agent's run as the answer to a message: when it ends it says so there, and starts what is queued behind it."""

from collections.abc import Callable
from typing import Any, cast

from troupe.base.db import Db
from troupe.base.values import Json
from troupe.features.chat import sending, store
from troupe.features.chat.models import Status
from troupe.features.scope import Parts, Scope
from troupe.ports.run import Program, RunContext

KEY = "next"


class Answering:
    """`play`, and after it the conversation that the input names. `parts` are those of the process."""

    def __init__(self, play: Program, parts: Callable[[], Parts]) -> None:
        self.play, self.parts = play, parts

    async def __call__(self, run: RunContext, input: Json) -> Json:
        """What `play` gives."""
        if not (isinstance(input, dict) and input.get("conversation")):
            return await self.play(run, input)
        try:
            output = await self.play(run, input)
        except Exception:
            await self._ended(run, "failed")
            raise
        await self._ended(run, "done")
        return output

    async def _ended(self, run: RunContext, status: Status) -> None:
        """In one transaction with the journal's row, so that what is next is started once."""
        after: list[Callable[[], None]] = []

        async def end(db: Any) -> Json:
            scope = Scope(self.parts(), run.workspace_id, "editor", "agent", cast(Db, db), after)
            message = await store.find_message_of(db, run.id)
            if message is None or not await store.lock_conversation(db, message.conversation_id):
                return None
            await store.update_status(db, message.id, status)
            await sending.go_on(scope, await store.get_conversation(db, message.conversation_id))
            return None

        await run.transact(KEY, end)
        for then in after:
            then()
