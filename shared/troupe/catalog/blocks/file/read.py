"""file.read: the content of a file."""

from base64 import b64encode
from typing import Literal

from pydantic import Field

from troupe.base.errors import Rejected
from troupe.catalog.blocks._limits import bounded
from troupe.catalog.blocks.file._file import FileValue
from troupe.catalog.contract import Block, Context, Example, Fields, Refusal, read

LARGEST = 1_500_000  # bytes that become base64 within what a step may give


class Read(Block):
    """Read a file of the workspace as text, or as base64. Content above 2 million characters is refused."""

    title = "Read a file"
    effect = read

    class Input(Fields):
        """The file."""

        file: FileValue
        form: Literal["text", "base64"] = Field("text", description="How to give the content.")
        encoding: str = Field("utf-8", description="The text's encoding.", pattern=r"^[A-Za-z0-9_.:-]{1,40}$")

    class Output(Fields):
        """Name, size in bytes, and the content."""

        name: str
        size: int
        content: str

    examples = (
        Example(
            title="As text",
            given={"file": {"$file": "file-1"}},
            files={"file-1": {"name": "note.txt", "text": "Grüße"}},
            gives={"name": "note.txt", "size": 7, "content": "Grüße"},
        ),
        Example(
            title="As base64",
            given={"file": {"$file": "file-1"}, "form": "base64"},
            files={"file-1": {"name": "a.bin", "base64": "AP8="}},
            gives={"name": "a.bin", "size": 2, "content": "AP8="},
        ),
    )
    refuses = (
        Refusal(given={"file": {"$file": "nothing"}}, code="no_such_file"),
        Refusal(given={"file": "notes.txt"}),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        name, content = await ctx.files.read(given.file)
        return self.Output(name=name, size=len(content), content=_content(given, content))


def _content(given: Read.Input, content: bytes) -> str:
    if given.form == "base64":
        if len(content) > LARGEST:
            raise Rejected(f"The file has more than {LARGEST:,} bytes.", code="too_large")
        return b64encode(content).decode()
    try:
        return bounded(content.decode(given.encoding).removeprefix("\ufeff"))
    except LookupError:
        raise Rejected(f"There is no encoding {given.encoding!r}.", code="unknown_encoding") from None
    except (UnicodeError, ValueError, TypeError, AssertionError):
        hint = "Name its encoding, like latin-1, or read it as base64."
        raise Rejected(f"The file is no text in {given.encoding}.", code="not_text", hint=hint) from None
