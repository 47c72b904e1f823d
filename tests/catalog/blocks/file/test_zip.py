"""Zip files that were made to harm, and plain ones that come back as they were."""

import io
import tracemalloc
import zipfile
from typing import Any

import pytest

from tests.catalog.harness import BenchContext
from troupe.base.errors import Rejected


def zipped(**contents: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in contents.items():
            archive.writestr(name.replace("__", "/"), content)
    return out.getvalue()


async def refused(use: Any, context: BenchContext, content: bytes, **more: Any) -> str:
    file = await context.files.write("x.zip", content)
    with pytest.raises(Rejected) as caught:
        await use("file.unarchive", file=file, **more)
    assert len(context.files.kept) == 1  # nothing came out
    return caught.value.code


async def test_a_bomb_is_stopped_while_it_swells(use: Any, context: BenchContext) -> None:
    bomb = zipped(a=b"\0" * 200_000_000)
    assert len(bomb) < 300_000
    tracemalloc.start()
    assert await refused(use, context, bomb, max_bytes=5_000_000) == "too_large"
    assert tracemalloc.get_traced_memory()[1] < 30_000_000
    tracemalloc.stop()


async def test_many_small_files_count_together(use: Any, context: BenchContext) -> None:
    assert await refused(use, context, zipped(a=b"x" * 600, b=b"x" * 600), max_bytes=1000) == "too_large"


async def test_a_size_that_an_archive_only_claims_is_not_believed(use: Any, context: BenchContext) -> None:
    raw = bytearray(zipped(a=b"\0" * 10_000_000))
    at = raw.rindex(b"PK\x01\x02")
    raw[at + 24 : at + 28] = (10).to_bytes(4, "little")  # the central directory says 10 bytes
    assert await refused(use, context, bytes(raw), max_bytes=1000) in ("too_large", "bad_archive")


@pytest.mark.parametrize(
    "content",
    [b"", b"PK", b"no zip at all", zipped(a=b"x" * 100)[:-30], zipped(a=b"abc")[:40]],
    ids=["nothing", "two letters", "a text", "without its end", "its beginning"],  # the bytes hold the time of day
)
async def test_what_is_no_archive_is_refused(use: Any, context: BenchContext, content: bytes) -> None:
    assert await refused(use, context, content) == "bad_archive"


async def test_too_many_files_are_refused(use: Any, context: BenchContext) -> None:
    assert await refused(use, context, zipped(**{f"f{i}": b"" for i in range(1001)})) == "too_many"


async def test_names_with_folders_become_names(use: Any, context: BenchContext) -> None:
    file = await context.files.write("x.zip", zipped(**{"..__..__etc__passwd": b"a", "d__": b"", "b": b"c"}))
    made = await use("file.unarchive", file=file)
    assert [one["name"] for one in made["files"]] == ["passwd", "b"]


async def test_what_is_packed_comes_back_and_the_same_files_make_the_same_archive(
    use: Any, context: BenchContext
) -> None:
    files = [await context.files.write(name, name.encode() * 9) for name in ("a.txt", "a.txt", "b")]
    first, again = [await use("file.archive", files=files) for _ in range(2)]
    assert first["file"]["sha256"] == again["file"]["sha256"]
    made = await use("file.unarchive", file=first["file"])
    assert [(await context.files.read(one))[1] for one in made["files"]] == [b"a.txt" * 9, b"a.txt" * 9, b"b" * 9]
    assert made["paths"] == ["a.txt", "a-2.txt", "b"]
