"""Responses that were kept: show one again, go on from it. The run is all there is of a response."""

from typing import Any, cast

from troupe.base.errors import Conflict, NotFound
from troupe.catalog.contract import Message
from troupe.features.completions import responses
from troupe.features.completions.asked import Asked
from troupe.features.completions.follow import read_answer
from troupe.features.completions.responses import Given
from troupe.features.completions.shape import Unanswered, error_of
from troupe.features.runs import service as runs
from troupe.features.runs.models import OVER, Run
from troupe.features.scope import Caller, Scope


async def continued(who: Caller, given: Given) -> Asked:
    """The question with what was said before it, by `previous_response_id`. Raises NotFound, Conflict, Unanswered."""
    asked, before = given.asked, list[Message]()
    if given.previous is not None:
        async with who.acting("viewer") as scope:
            before = await _said(scope, given.previous)
    system = [Message(role="system", text=given.instructions)] if given.instructions else []
    return asked.model_copy(update={"messages": [*system, *before, *asked.messages]})


async def get_response(scope: Scope, id: str) -> dict[str, Any]:
    """A response that was kept, as it stands now. Raises NotFound."""
    run, door = await _kept(scope, id)
    made = responses.Made(run.id, int(run.created_at.timestamp()), door)
    if run.status not in OVER:
        return made.begun()
    if run.status == "terminated":
        return made.begun() | {"status": "cancelled"}
    try:
        return made.over(await read_answer(scope, run))
    except Unanswered as failed:
        return made.failed(error_of(failed)["error"])


async def _said(scope: Scope, id: str) -> list[Message]:
    """All that was said up to the end of a response, its instructions left out."""
    run, door = await _kept(scope, id)
    if run.status not in OVER:
        raise Conflict("The response before this one is not over yet.", code="response_in_progress")
    answer = await read_answer(scope, run)
    given = cast(dict[str, Any], run.input)
    if run.agent is None:
        raw = given["request"]["messages"]
    else:
        raw = [*given["history"], *([{"role": "user", "text": given["message"]}] if given["message"] else [])]
    said = [Message.model_validate(m) for m in raw]
    if door["echoed"].get("instructions"):
        said = said[1:]
    return [*said, Message(role="assistant", text=answer.text, calls=answer.calls)]


async def _kept(scope: Scope, id: str) -> tuple[Run, dict[str, Any]]:
    wrong = NotFound("There is no such response in this workspace.", code="response_not_found")
    try:
        run = await runs.get(scope, id)
    except NotFound:
        raise wrong from None
    given = run.input if isinstance(run.input, dict) else {}
    client = given.get("client") or {}
    door = given.get("door") or (client.get("door") if isinstance(client, dict) else None)
    if not isinstance(door, dict) or door.get("kind") != "responses" or not door.get("store"):
        raise wrong
    return run, door
