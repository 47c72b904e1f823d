"""`troupe agent`: check, list and compare agents, and talk to one."""

from typing import TYPE_CHECKING, Annotated

import typer

from functions.cli.definitions import Name, verbs
from functions.cli.inputs import read_inputs
from functions.cli.reach import reach, segment

if TYPE_CHECKING:
    from troupe.features.definitions.kind import Kind


def _agent() -> "Kind":
    from troupe.features.agents.service import AGENT

    return AGENT


app = verbs("agent", _agent)


@app.command()
def chat(
    name: Name,
    message: Annotated[str | None, typer.Option(help="Say this, print the answer, and leave.")] = None,
    conversation: Annotated[str | None, typer.Option(help="Go on with this conversation.")] = None,
    input: Annotated[list[str] | None, typer.Option(help="A variable: key=value or key=@file; repeat.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print AG-UI events, one a line.")] = False,
) -> None:  # fmt: skip
    """Talk to an agent: its answer on standard output, what it does beside it. Ctrl+C stops an answer."""
    from functions.cli.chat import Chat

    with reach() as api:
        if conversation is not None:
            found = api.get(f"conversations/{segment(conversation)}")
        else:
            known = api.get(f"agents/{segment(name.partition('@')[0])}")["input_schema"]
            given = read_inputs(input or [], None, known, api.upload)
            found = api.post("conversations", {"agent": name, "input": given}, once=True)
        talk = Chat(api, found["id"], as_json=as_json)
        code = talk.say(message) if message is not None else talk.converse()
    if code:
        raise typer.Exit(code)
