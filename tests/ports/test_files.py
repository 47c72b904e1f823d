"""The contract of the files port, the same for every adapter."""

import errno
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.servers.aws import ask, make_bucket
from troupe.adapters.aws.files import PART, S3Files
from troupe.adapters.embedded.files import FolderFiles
from troupe.base.errors import BadInput, NotFound, Unavailable
from troupe.base.ids import WorkspaceId, new_id
from troupe.ports.files import PIECE, Files

ONE, TWO = WorkspaceId(new_id()), WorkspaceId(new_id())
KEY = "runs/0a/result.json"


@pytest.fixture(params=["folder", "s3"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Files:
    if request.param == "folder":
        return FolderFiles(tmp_path / "files")
    aws = request.getfixturevalue("aws")
    return S3Files(aws, make_bucket(aws))


async def in_pieces(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def cut(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
    raise RuntimeError("cut")


async def test_what_was_put_is_got(files):
    assert await files.put(ONE, KEY, b"\x00content") == 8
    assert await files.get(ONE, KEY) == b"\x00content"


async def test_a_stream_goes_in_and_comes_out_in_bounded_pieces(files):
    content = os.urandom(2 * PIECE + 3)
    assert await files.put(ONE, KEY, in_pieces(content[:7], content[7:])) == len(content)
    pieces = [piece async for piece in files.stream(ONE, KEY)]
    assert b"".join(pieces) == content
    assert max(map(len, pieces)) <= PIECE


async def test_the_same_key_again_replaces(files):
    await files.put(ONE, KEY, b"a long first content")
    await files.put(ONE, KEY, b"second")
    assert await files.get(ONE, KEY) == b"second"


async def test_an_upload_that_is_cut_leaves_what_was_there(files):
    await files.put(ONE, KEY, b"first")
    with pytest.raises(RuntimeError, match="cut"):
        await files.put(ONE, KEY, cut(b"half"))
    assert await files.get(ONE, KEY) == b"first"


async def test_another_workspace_does_not_see_it(files):
    await files.put(ONE, KEY, b"mine")
    with pytest.raises(NotFound):
        await files.get(TWO, KEY)
    await files.remove(TWO, KEY)
    assert await files.get(ONE, KEY) == b"mine"


async def test_what_is_not_there_is_not_found(files):
    with pytest.raises(NotFound):
        await files.get(ONE, KEY)
    with pytest.raises(NotFound):
        await anext(files.stream(ONE, KEY))
    with pytest.raises(NotFound):
        await files.get(ONE, "runs")


async def test_what_was_removed_is_gone_and_removing_again_does_nothing(files):
    await files.put(ONE, KEY, b"x")
    await files.remove(ONE, KEY)
    await files.remove(ONE, KEY)
    with pytest.raises(NotFound):
        await files.get(ONE, KEY)


@pytest.mark.parametrize(
    "key", ["../x", "a/../../x", "/etc/passwd", "", "a//b", "a/.hidden", "A", "a b", "a\x00", "ü", "x" * 201]
)
async def test_a_key_out_of_form_is_refused(files, key):
    for call in (files.put(ONE, key, b"x"), files.get(ONE, key), files.remove(ONE, key)):
        with pytest.raises(BadInput):
            await call


async def test_what_is_larger_than_a_part_comes_back_whole(files):
    content = os.urandom(2 * PART + 17)
    assert await files.put(ONE, KEY, in_pieces(content[: PART - 1], content[PART - 1 :])) == len(content)
    assert await files.get(ONE, KEY) == content


async def test_a_large_upload_that_is_cut_leaves_what_was_there_and_no_parts(aws):
    files = S3Files(aws, make_bucket(aws))
    await files.put(ONE, KEY, b"first")
    with pytest.raises(RuntimeError, match="cut"):
        await files.put(ONE, KEY, cut(bytes(PART), bytes(PART)))
    assert await files.get(ONE, KEY) == b"first"
    assert "Uploads" not in ask(aws, "s3", "list_multipart_uploads", Bucket=files.bucket)


async def test_a_folder_of_more_than_a_thousand_goes_with_all_below_it(aws):
    files = S3Files(aws, make_bucket(aws))
    put = aws.make("s3", repeat=True, timeout=20.0, endpoint=None).put_object
    for number in range(1001):
        put(Bucket=files.bucket, Key=f"{ONE}/runs/a/{number}", Body=b"")
    await files.remove_under(ONE, "runs/a")
    assert ask(aws, "s3", "list_objects_v2", Bucket=files.bucket)["KeyCount"] == 0


async def test_a_bucket_that_refuses_is_unavailable_and_names_the_reason(aws):
    with pytest.raises(Unavailable, match=r"s3 refused \(NoSuchBucket\)"):
        await S3Files(aws, "of-nobody").get(ONE, KEY)


async def test_a_full_disk_is_one_sentence_and_leaves_nothing_half(tmp_path, monkeypatch):
    files = FolderFiles(tmp_path)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable, match="full"):
        await files.put(ONE, KEY, b"x")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


async def test_a_folder_goes_with_all_below_it_and_nothing_beside_it(files):
    for key in ("runs/a/one", "runs/a/deep/two", "runs/ab/three", "runs/b"):
        await files.put(ONE, key, b"x")
    await files.put(TWO, "runs/a/one", b"of another workspace")
    await files.remove_under(ONE, "runs/a")
    await files.remove_under(ONE, "runs/a")
    await files.remove_under(ONE, "runs/never")
    for key in ("runs/a/one", "runs/a/deep/two"):
        with pytest.raises(NotFound):
            await files.get(ONE, key)
    assert await files.get(ONE, "runs/ab/three") == await files.get(ONE, "runs/b") == b"x"
    assert await files.get(TWO, "runs/a/one") == b"of another workspace"


@pytest.mark.parametrize("folder", ["..", "runs/../..", "", "/etc", "."])
async def test_no_folder_leads_out_of_its_workspace(files, folder):
    with pytest.raises(BadInput):
        await files.remove_under(ONE, folder)
