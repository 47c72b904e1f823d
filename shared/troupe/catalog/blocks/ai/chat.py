"""ai.chat: the next turn of a conversation."""

from typing import Literal

from pydantic import Field

from troupe.catalog.blocks.ai._ask import Asking, Told
from troupe.catalog.contract import Block, Context, Example, Fields, Message, ModelRequest, Refusal, read


class Turn(Fields):
    """One turn of the conversation so far."""

    role: Literal["user", "assistant"]
    text: str = Field(max_length=200_000)


class Chat(Block):
    """Continue a conversation by one turn of a model."""

    title = "Chat"
    effect = read
    paid = True

    class Input(Asking):
        """A conversation that waits for its next turn."""

        messages: list[Turn] = Field(description="The turns so far, oldest first.", min_length=1, max_length=500)
        instructions: str = Field("", description="Who the model is and how it speaks.", max_length=50_000)
        temperature: float | None = Field(
            None, description="0 is steady, 2 is wild; not every model takes it.", ge=0, le=2
        )
        max_tokens: int = Field(1024, description="The longest answer, in tokens.", ge=1, le=64_000)

    class Output(Told):
        """The next turn, and the conversation with it."""

        text: str
        messages: list[Turn]
        finish: str = Field(description="stop, length (cut at max_tokens) or filtered.")
        model: str

    examples = (
        Example(
            title="One turn",
            given={"messages": [{"role": "user", "text": "Hi!"}]},
            model_says="Hello, how can I help?",
            gives={
                "text": "Hello, how can I help?",
                "messages": [{"role": "user", "text": "Hi!"}, {"role": "assistant", "text": "Hello, how can I help?"}],
                "finish": "stop",
                "model": "script/model",
                "cached": False,
            },
        ),
        Example(
            title="With instructions",
            given={
                "messages": [
                    {"role": "user", "text": "Two plus two?"},
                    {"role": "assistant", "text": "Four."},
                    {"role": "user", "text": "And one more?"},
                ],
                "instructions": "Answer in one word.",
                "temperature": 0,
            },
            model_says="Five.",
        ),
    )
    refuses = (Refusal(given={"messages": []}), Refusal(given={"messages": [{"role": "system", "text": "x"}]}))

    def price(self, given: Input, ctx: Context) -> float:
        return ctx.model.price_of(_request(given))

    async def run(self, given: Input, ctx: Context) -> Output:
        reply = await ctx.model.complete(_request(given))
        turns = [*given.messages, Turn(role="assistant", text=reply.text)]
        return self.Output(text=reply.text, messages=turns, finish=reply.finish, model=reply.model, cached=reply.cached)


def _request(given: Chat.Input) -> ModelRequest:
    said = [Message(role="system", text=given.instructions)] if given.instructions else []
    return ModelRequest(
        model=given.model,
        messages=[*said, *(Message(role=t.role, text=t.text) for t in given.messages)],
        temperature=given.temperature,
        max_tokens=given.max_tokens,
        fallbacks=given.fallbacks,
        cache=given.cache,
    )
