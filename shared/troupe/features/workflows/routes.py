"""Workflows over HTTP: beside the routes of every definition, what an expression gives."""

from fastapi import APIRouter
from pydantic import BaseModel, Field, JsonValue

from troupe.features.accounts.deps import Reader
from troupe.features.workflows.preview import evaluate_text

router = APIRouter(prefix="/expressions", tags=["workflows"])


class ExpressionText(BaseModel, extra="forbid"):
    """A text as it stands in a field, its expressions in braces, and the values of the names they may use."""

    text: str = Field(max_length=20_000, examples=["{{ size(sort.labels) }}"])
    scope: dict[str, JsonValue] = {}


class ExpressionValue(BaseModel, frozen=True):
    """What it gives."""

    value: JsonValue


@router.post("")
async def evaluate_expression(body: ExpressionText, who: Reader) -> ExpressionValue:
    """What a field would hold on these values: nothing is kept, nothing runs."""
    return ExpressionValue(value=await evaluate_text(body.text, dict(body.scope), who.parts.evaluate))
