"""What functions are made of: byte-code that two machines write alike, libraries without what nobody loads."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from scripts import package


def module(folder: Path) -> Path:
    """A folder with one module in it."""
    (folder / "a").mkdir(parents=True)
    (folder / "a/one.py").write_text('"""About."""\nNAMES = frozenset({"x", "y", "z"})\ndef two(): "Two."; return 2\n')
    return folder


def test_byte_code_in_place_of_a_source_is_the_same_from_two_folders_and_names_neither(tmp_path: Path) -> None:
    folders = [module(tmp_path / name) for name in ("here", "far/away")]
    for folder in folders:
        package.byte_code(folder, package.HERE, "in place of the source")
        assert [f.name for f in (folder / "a").iterdir()] == ["one.pyc"]
    one, other = ((folder / "a/one.pyc").read_bytes() for folder in folders)
    assert one == other
    assert str(tmp_path).encode() not in one
    script = f"import sys; sys.path.insert(0, {str(folders[1])!r}); from a import one; print(one.two())"
    assert (
        subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True).stdout == "2\n"
    )


def test_our_own_byte_code_lies_beside_its_source_and_is_not_checked_against_it(tmp_path: Path) -> None:
    folder = module(tmp_path / "ours")
    package.byte_code(folder, package.HERE, "beside the source")
    [made] = (folder / "a/__pycache__").iterdir()
    assert int.from_bytes(made.read_bytes()[4:8], "little") == 0b01  # by hash, unchecked (PEP 552)
    assert (folder / "a/one.py").exists()


def test_a_library_that_is_trimmed_is_loaded_as_before(tmp_path: Path) -> None:
    source = next(Path(orjson.__file__).parent.glob("*.so"))
    copy = Path(shutil.copy(source, tmp_path))
    package.trim(copy)
    assert copy.stat().st_size < source.stat().st_size
    spec = importlib.util.spec_from_file_location("orjson", copy)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    assert made.dumps({"a": 1}) == b'{"a":1}'


def test_what_is_no_library_is_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "linker.so"
    text.write_text("INPUT(libm.so.6)")
    package.trim(text)
    assert text.read_text() == "INPUT(libm.so.6)"


def test_a_role_that_does_not_exist_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert package.main(["apy"]) == 2
    assert "no role 'apy'" in capsys.readouterr().err
