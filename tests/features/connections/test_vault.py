"""The vault: a sealed row opens where it belongs and nowhere else, and shows nothing of what is in it."""

import logging
from pathlib import Path

import pytest

from troupe.adapters.embedded.keys import FileKeys
from troupe.base.errors import BadInput, Forbidden
from troupe.features.connections import vault
from troupe.features.connections.link import Held, plain
from troupe.features.connections.models import ConnectionChange, NewConnection
from troupe.features.connections.service import read
from troupe.features.connections.store import ConnectionRow
from troupe.features.connections.vault import Sealed
from troupe.features.providers.models import ProviderSet

HERE, THERE = "00000000-0000-7000-8000-0000000000aa", "00000000-0000-7000-8000-0000000000bb"
SECRET = "canary-in-the-vault-19"


@pytest.fixture
def keys(tmp_path: Path) -> FileKeys:
    return FileKeys(tmp_path / "master")


async def test_it_opens_in_its_own_workspace_and_under_its_own_id(keys: FileKeys) -> None:
    sealed = await vault.seal(keys, HERE, "one", {"token": SECRET})
    assert (await vault.unseal(keys, HERE, "one", sealed)).values == {"token": SECRET}
    for workspace, id in ((THERE, "one"), (HERE, "two"), (THERE, "two"), ("", "")):
        with pytest.raises(Forbidden):
            await vault.unseal(keys, workspace, id, sealed)


async def test_halves_of_two_rows_do_not_make_one(keys: FileKeys) -> None:
    one = await vault.seal(keys, HERE, "one", {"token": SECRET})
    two = await vault.seal(keys, HERE, "two", {"token": "another"})
    again = await vault.seal(keys, HERE, "one", {"token": "newer"})
    for mixed in (Sealed(one.wrapped, two.sealed), Sealed(two.wrapped, one.sealed), Sealed(again.wrapped, one.sealed)):
        with pytest.raises(Forbidden):
            await vault.unseal(keys, HERE, "one", mixed)


@pytest.mark.parametrize("at", [0, 11, 12, -1])
async def test_a_changed_byte_is_found(keys: FileKeys, at: int) -> None:
    sealed = await vault.seal(keys, HERE, "one", {"token": SECRET})
    changed = bytearray(sealed.sealed)
    changed[at] ^= 1
    for broken in (bytes(changed), sealed.sealed[:20], b""):
        with pytest.raises(Forbidden):
            await vault.unseal(keys, HERE, "one", Sealed(sealed.wrapped, broken))


async def test_another_key_file_does_not_open_it(keys: FileKeys, tmp_path: Path) -> None:
    sealed = await vault.seal(keys, HERE, "one", {"token": SECRET})
    with pytest.raises(Forbidden) as refused:
        await vault.unseal(FileKeys(tmp_path / "other"), HERE, "one", sealed)
    assert SECRET not in f"{refused.value} {refused.value.hint}"


async def test_each_sealing_has_a_key_of_its_own_and_what_is_remembered_beside_it_falls_with_it(keys: FileKeys) -> None:
    first = await vault.seal(keys, HERE, "one", {"token": SECRET})
    second = await vault.seal(keys, HERE, "one", {"token": SECRET})
    assert first.wrapped != second.wrapped
    assert first.sealed != second.sealed
    before, after = [(await vault.unseal(keys, HERE, "one", s)).key for s in (first, second)]
    kept = vault.encrypt(before, b"access token", {"kept": "x"})
    assert vault.decrypt(before, kept, {"kept": "x"}) == b"access token"
    with pytest.raises(Forbidden):
        vault.decrypt(after, kept, {"kept": "x"})
    with pytest.raises(Forbidden):
        vault.decrypt(before, kept, {"kept": "y"})


async def test_nothing_shows_a_secret(keys: FileKeys, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    sealed = await vault.seal(keys, HERE, "one", {"token": SECRET})
    opened = await vault.unseal(keys, HERE, "one", sealed)
    forms = read("openapi", {"url": "https://a.example/x"}, {"token": SECRET})
    assert forms.credential is not None
    assert plain(forms.credential)["token"] == SECRET
    shown = [
        sealed, opened, forms, forms.held("one", opened.key), Held("one", forms.credential, opened.key, ["a.example"]),
        NewConnection(connector="openapi", name="a", credential={"token": SECRET}),
        ConnectionChange(credential={"token": SECRET}), ProviderSet.model_validate({"kind": "openai", "key": SECRET}),
        ConnectionRow(id="1", name="a", connector="b", config={}, credential_id="c", wrapped=sealed.wrapped,
                      sealed=SECRET.encode(), hosts=[]),
    ]  # fmt: skip
    for one in shown:
        assert SECRET not in f"{one!r} {one}", type(one)
        assert repr(opened.key) not in f"{one!r} {one}", type(one)
    assert SECRET not in caplog.text


@pytest.mark.parametrize("credential", [{"token": [SECRET]}, {"nope": SECRET}, {"token": SECRET, SECRET: 1}])
def test_a_form_that_is_refused_repeats_no_secret(credential: dict[str, object]) -> None:
    with pytest.raises(BadInput) as refused:
        read("openapi", {"url": "https://a.example/x"}, credential)
    told = " ".join(p.message for p in refused.value.problems)
    assert SECRET not in told
