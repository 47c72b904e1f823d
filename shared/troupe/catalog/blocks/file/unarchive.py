"""file.unarchive: the files in a zip file."""

import asyncio
import io
import zipfile
import zlib
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from pydantic import Field

from troupe.base.errors import Rejected
from troupe.catalog.blocks.file._file import FileValue
from troupe.catalog.contract import Block, Context, Example, Fields, Json, Refusal, idempotent

MOST = 1000
LARGEST = 100_000_000  # bytes of all contents, whatever the archive says of itself
PIECE = 1 << 20
ZIPPED = (
    "UEsDBBQAAAAAAAAAIQDFEJckBAAAAAQAAAAHAAAAYS94LmNzdmEsYgpQSwMEFAAAAAAAAAAhAA4OF00CAAAAAgAAAAUAAAB5"
    "LnR4dEhpUEsBAhQDFAAAAAAAAAAhAMUQlyQEAAAABAAAAAcAAAAAAAAAAAAAAIABAAAAAGEveC5jc3ZQSwECFAMUAAAAAAAA"
    "ACEADg4XTQIAAAACAAAABQAAAAAAAAAAAAAAgAEpAAAAeS50eHRQSwUGAAAAAAIAAgBoAAAATgAAAAAA"
)  # a/x.csv and y.txt


class Unarchive(Block):
    """Unpack a zip file into files of the workspace, named as in the archive but without folders.

    Bytes are counted while they are unpacked, so an archive that swells is stopped. Encrypted ones are refused.
    """

    title = "Unpack a zip file"
    effect = idempotent
    timeout = 300.0

    class Input(Fields):
        """The archive, and which of its files."""

        file: FileValue
        match: str = Field("*", description="Only names that fit this, like *.csv.", min_length=1, max_length=200)
        max_bytes: int = Field(LARGEST, description="The most that may come out, in bytes.", ge=1, le=LARGEST)

    class Output(Fields):
        """The files in the archive's order; `paths` are their names with folders."""

        files: list[dict[str, Json]]
        paths: list[str]

    examples = (
        Example(
            title="Everything",
            given={"file": {"$file": "file-1"}},
            files={"file-1": {"name": "all.zip", "base64": ZIPPED}},
        ),
        Example(
            title="The tables",
            given={"file": {"$file": "file-1"}, "match": "*.csv"},
            files={"file-1": {"name": "all.zip", "base64": ZIPPED}},
        ),
    )
    refuses = (
        Refusal(given={"file": {"$file": "nothing"}}, code="no_such_file"),
        Refusal(given={"file": {"$file": "x"}, "match": ""}),
    )

    async def run(self, given: Input, ctx: Context) -> Output:
        _, content = await ctx.files.read(given.file)
        found = await asyncio.to_thread(_unpacked, content, given)  # zlib does not hold the interpreter
        files = [await ctx.files.write(PurePosixPath(path).name, raw) for path, raw in found]
        return self.Output(files=files, paths=[path for path, _ in found])


def _unpacked(content: bytes, given: Unarchive.Input) -> list[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _contents(archive, given)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, RuntimeError) as wrong:
        hint = "Encrypted archives and rare ways of packing are not read."
        raise Rejected(f"The zip file cannot be unpacked: {str(wrong)[:200]}", code="bad_archive", hint=hint) from None


def _contents(archive: zipfile.ZipFile, given: Unarchive.Input) -> list[tuple[str, bytes]]:
    wanted = [one for one in archive.infolist() if not one.is_dir() and fnmatchcase(one.filename, given.match)]
    if len(wanted) > MOST:
        raise Rejected(f"The archive holds {len(wanted):,} files; {MOST:,} may be unpacked.", code="too_many")
    found: list[tuple[str, bytes]] = []
    left = given.max_bytes
    for one in wanted:
        raw = _content(archive, one, left)
        left -= len(raw)
        found.append((one.filename, raw))
    return found


def _content(archive: zipfile.ZipFile, one: zipfile.ZipInfo, left: int) -> bytes:
    made = bytearray()
    with archive.open(one) as reader:
        while piece := reader.read(PIECE):
            made += piece
            if len(made) > left:
                hint = "Raise max_bytes, or unpack fewer files by `match`."
                raise Rejected("More comes out of the archive than is allowed.", code="too_large", hint=hint)
    return bytes(made)
