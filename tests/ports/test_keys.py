"""The contract of the keys port, the same for every adapter."""

import stat
import threading
from pathlib import Path

import pytest

from tests.servers.aws import make_key
from troupe.adapters.aws.keys import KmsKeys
from troupe.adapters.embedded.keys import FileKeys
from troupe.base.errors import Forbidden, Unavailable
from troupe.ports.keys import Keys

DATA_KEY = bytes(range(32))
CONTEXT = {"workspace": "w1", "credential": "c1"}


@pytest.fixture(params=["file", "kms"])
def keys(request: pytest.FixtureRequest, tmp_path: Path) -> Keys:
    if request.param == "file":
        return FileKeys(tmp_path / "keys/master")
    aws = request.getfixturevalue("aws")
    return KmsKeys(aws, make_key(aws))


async def test_what_was_wrapped_is_unwrapped_in_the_same_context(keys):
    wrapped = await keys.wrap(DATA_KEY, CONTEXT)
    assert DATA_KEY not in wrapped
    assert await keys.unwrap(wrapped, dict(reversed(CONTEXT.items()))) == DATA_KEY


async def test_wrapping_twice_gives_two_forms(keys):
    assert await keys.wrap(DATA_KEY, CONTEXT) != await keys.wrap(DATA_KEY, CONTEXT)


@pytest.mark.parametrize("context", [{}, {"workspace": "w1"}, {**CONTEXT, "workspace": "w2"}])
async def test_another_context_is_forbidden(keys, context):
    wrapped = await keys.wrap(DATA_KEY, CONTEXT)
    with pytest.raises(Forbidden):
        await keys.unwrap(wrapped, context)


async def test_altered_or_cut_bytes_are_forbidden(keys):
    wrapped = await keys.wrap(DATA_KEY, CONTEXT)
    for at in range(len(wrapped)):
        altered = wrapped[:at] + bytes([wrapped[at] ^ 1]) + wrapped[at + 1 :]
        for bad in (altered, wrapped[:at]):
            with pytest.raises(Forbidden):
                await keys.unwrap(bad, CONTEXT)


async def test_the_key_file_is_ours_alone_and_used_again(tmp_path):
    path = tmp_path / "keys/master"
    wrapped = await FileKeys(path).wrap(DATA_KEY, CONTEXT)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert await FileKeys(path).unwrap(wrapped, CONTEXT) == DATA_KEY


async def test_another_key_file_is_told_apart(tmp_path):
    wrapped = await FileKeys(tmp_path / "one").wrap(DATA_KEY, CONTEXT)
    with pytest.raises(Forbidden, match="another key file"):
        await FileKeys(tmp_path / "two").unwrap(wrapped, CONTEXT)


async def test_a_damaged_key_file_is_never_replaced(tmp_path):
    (tmp_path / "master").write_bytes(b"short")
    with pytest.raises(Unavailable, match="damaged"):
        await FileKeys(tmp_path / "master").wrap(DATA_KEY, CONTEXT)
    assert (tmp_path / "master").read_bytes() == b"short"


def test_many_who_make_the_file_at_once_agree_on_one_key(tmp_path):
    seen: list[bytes] = []
    ready = threading.Barrier(8)

    def read() -> None:
        ready.wait()
        seen.append(FileKeys(tmp_path / "master")._read())

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8
    assert len(set(seen)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["master"]
