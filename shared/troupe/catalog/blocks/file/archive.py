"""file.archive: files in one zip file."""

import asyncio
import io
import zipfile
from pathlib import PurePosixPath

from pydantic import Field

from troupe.base.errors import Rejected
from troupe.catalog.blocks.file._file import FileValue
from troupe.catalog.contract import Block, Context, Example, Fields, Json, Refusal, idempotent

LARGEST = 100_000_000  # bytes of all contents
MADE = (1980, 1, 1, 0, 0, 0)  # the same files make the same archive, so a repetition gives the same file


class Archive(Block):
    """Pack files of the workspace into a zip file. Of files with the same name, the later ones get a number."""

    title = "Make a zip file"
    effect = idempotent
    timeout = 300.0

    class Input(Fields):
        """The files, and the archive's name."""

        files: list[FileValue] = Field(description="What to pack.", min_length=1, max_length=1000)
        name: str = Field("archive.zip", description="The zip file's name.", min_length=1, max_length=200)

    class Output(Fields):
        """The zip file, and the names in it."""

        file: dict[str, Json]
        names: list[str]

    examples = (
        Example(
            title="Two reports of one name",
            given={"files": [{"$file": "file-1"}, {"$file": "file-2"}], "name": "reports.zip"},
            files={"file-1": {"name": "report.txt", "text": "May"}, "file-2": {"name": "report.txt", "text": "June"}},
        ),
        Example(
            title="One file",
            given={"files": [{"$file": "file-1"}]},
            files={"file-1": {"name": "note.txt", "text": "Hello"}},
        ),
    )
    refuses = (
        Refusal(given={"files": []}),
        Refusal(given={"files": [{"$file": "nothing"}]}, code="no_such_file"),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        contents: dict[str, bytes] = {}
        for one in given.files:
            name, content = await ctx.files.read(one)
            contents[_free(PurePosixPath(name).name or "file", contents)] = content
            if sum(map(len, contents.values())) > LARGEST:
                raise Rejected(f"The files have more than {LARGEST:,} bytes together.", code="too_large")
        packed = await asyncio.to_thread(_packed, contents)  # zlib does not hold the interpreter
        file = await ctx.files.write(given.name, packed, "application/zip")
        return self.Output(file=file, names=list(contents))


def _free(name: str, taken: dict[str, bytes]) -> str:
    path, more, found = PurePosixPath(name), 2, name
    while found in taken:
        found, more = f"{path.stem}-{more}{path.suffix}", more + 1
    return found


def _packed(contents: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(zipfile.ZipInfo(name, MADE), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
