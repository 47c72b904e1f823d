"""flow.ask: a person decides."""

from typing import Any, Literal, cast

from pydantic import Field

from troupe.base.values import Json as AnyJson
from troupe.catalog.blocks.flow._duration import Duration
from troupe.catalog.contract import Block, Example, Fields, Json, ProgramRun, Refusal, pure
from troupe.ports.run import Approval, Attempt, Step


class Ask(Block):
    """Let the run rest until a person decides: approve, perhaps with edited data, or refuse with a reason.

    The person sees the title and the data. A dry run asks nobody and goes on as if approved.
    """

    title = "Ask a person"
    effect = pure

    class Input(Fields):
        """The question, what the person sees, and who may decide."""

        title: str = Field(description="The question.", min_length=1, max_length=500)
        data: Json = Field(default=None, description="What the person sees and may edit.")
        by: list[Literal["owner", "admin", "editor", "viewer"]] = Field(
            default=[], description="Roles that may decide; empty is whoever may decide on approvals.", max_length=4
        )
        expires: Duration | None = Field(None, description="Seconds, or a span like 2h or 3d; empty waits for ever.")

    class Output(Fields):
        """The decision; `data` as the person left it, why, and who decided."""

        decision: Literal["approve", "refuse", "expired"]
        approved: bool
        data: Json
        reason: str
        decided_by: str

    examples = (
        Example(
            title="An offer",
            given={"title": "Send this offer?", "data": {"price": 100}, "by": ["admin"], "expires": "2d"},
            gives={
                "decision": "approve",
                "approved": True,
                "data": {"price": 90},
                "reason": "",
                "decided_by": "ann@example.com",
            },
        ),
        Example(
            title="Nobody decides in time",
            given={"title": "Go on?", "expires": 60},
            gives={"decision": "expired", "approved": False, "data": None, "reason": "", "decided_by": ""},
        ),
    )
    refuses = (
        Refusal(given={"title": ""}),
        Refusal(given={"title": "Go on?", "by": ["boss"]}),
    )

    async def program(self, given: Input, run: ProgramRun) -> Output:
        data = cast(AnyJson, given.data)
        if run.dry_run:
            answer: Any = await run.step("", Step(pure, _approve), data)
        else:
            answer = await run.wait(
                "", Approval(given.title, data, effect=pure, by=tuple(given.by), expires=given.expires)
            )
        edited = answer.get("arguments")
        return self.Output(
            decision=answer["decision"],
            approved=answer["decision"] == "approve",
            data=given.data if edited is None else edited,
            reason=answer.get("reason") or "",
            decided_by=answer.get("decided_by") or "",
        )


async def _approve(_data: AnyJson, _attempt: Attempt) -> AnyJson:
    return {"decision": "approve", "reason": "A dry run asks nobody."}
