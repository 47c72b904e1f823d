"""The program `completion`: one call of one model as a durable run, journaled under the key `model`."""

from collections.abc import Callable
from typing import Any, cast

from troupe.base.values import Json
from troupe.catalog.contract import Context, ModelRequest
from troupe.ports.run import Attempt, Effect, RunContext, Step

NAME, KEY = "completion", "model"
SECONDS = 600.0


class CompletionProgram:
    """Asks the model that its input names. What a model's own retries do not mend is the caller's to send again: who
    waits at a door is not made to wait for a second try that it does not know of."""

    def __init__(self, contexts: Callable[[Attempt], Context]) -> None:
        self._contexts = contexts

    async def __call__(self, run: RunContext, input: Json) -> Json:
        """`{text, calls, finish, model, usage: [input_tokens, output_tokens, cost_usd]}` for `{request, …}`."""
        asked = cast(dict[str, Any], input)["request"]
        request = ModelRequest.model_validate(asked).model_copy(update={"timeout": SECONDS})

        async def ask(_args: Json, attempt: Attempt) -> Json:
            reply = await self._contexts(attempt).model.complete(request)
            return {
                "text": reply.text, "calls": [c.model_dump() for c in reply.calls], "finish": reply.finish,
                "model": reply.model,
                "usage": [reply.usage.input_tokens, reply.usage.output_tokens, reply.usage.cost_usd],
            }  # fmt: skip

        price = self._contexts(Attempt(run.id, run.workspace_id, KEY, 0, "", SECONDS)).model.price_of(request)
        step = Step(Effect.READ, ask, block="completion.model", timeout=SECONDS, price=price or None, last=True)
        return await run.step(KEY, step, asked)
