"""ai.decide: which branch to take."""

from pydantic import Field

from troupe.catalog.blocks.ai._ask import Asking, Told, ask_json, choice_of, question, tagged
from troupe.catalog.contract import Block, Context, Example, ModelRequest, Refusal, read


class Decide(Block):
    """Choose one branch of several by what is known; later nodes ask `when: decide.branch == "…"`.

    The answer is always one of the branches.
    """

    title = "Decide"
    effect = read
    paid = True

    class Input(Asking):
        """A situation and the branches that lead on from it."""

        situation: str = Field(description="What is known.", max_length=400_000)
        branches: dict[str, str] = Field(
            description="Each branch, and when it is the right one.", min_length=2, max_length=50
        )
        instructions: str = Field("", description="What counts most.", max_length=20_000)

    class Output(Told):
        """The branch, how sure the model is (0 to 1), and why."""

        branch: str
        confidence: float
        reason: str

    examples = (
        Example(
            title="Route a request",
            given={
                "situation": "The customer wants to speak to a lawyer.",
                "branches": {"answer": "an everyday question", "escalate": "a threat or a legal matter"},
            },
            model_says='{"branch": "escalate", "confidence": 0.9, "reason": "A legal matter."}',
            gives={"branch": "escalate", "confidence": 0.9, "reason": "A legal matter.", "cached": False},
        ),
        Example(
            title="A wrong branch is repaired",
            given={
                "situation": "All tests passed.",
                "branches": {"ship": "the build is good", "fix": "something failed"},
            },
            model_says=[
                '{"branch": "deploy", "confidence": 1, "reason": "Green."}',
                '{"branch": "ship", "confidence": 1, "reason": "Green."}',
            ],
            gives={"branch": "ship", "confidence": 1.0, "reason": "Green.", "cached": False},
        ),
    )
    refuses = (Refusal(given={"situation": "x", "branches": {"only": "one"}}),)

    def price(self, given: Input, ctx: Context) -> float:
        return ctx.model.price_of(_request(given))

    async def run(self, given: Input, ctx: Context) -> Output:
        return self.Output.model_validate(await ask_json(ctx, _request(given)))


def _request(given: Decide.Input) -> ModelRequest:
    listed = "\n".join(f"- {name}: {when or name}" for name, when in given.branches.items())
    return question(
        f"Which branch is the right one?\nBranches:\n{listed}\n\n{tagged('situation', given.situation)}",
        given,
        system=given.instructions,
        max_tokens=512,
        schema=choice_of(list(given.branches), "branch"),
    )
