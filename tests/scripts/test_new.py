"""`scripts/new` writes files that run, and refuses what would break a workflow already written."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of scripts and product without a block."""
    skip = shutil.ignore_patterns("__pycache__")
    for part in ("scripts", "shared/troupe"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=skip)
    blocks = tmp_path / "shared/troupe/catalog/blocks"
    for family in blocks.iterdir():
        shutil.rmtree(family) if family.is_dir() else None
    (tmp_path / "shared/troupe/catalog/catalogue.json").unlink(missing_ok=True)
    return tmp_path


def new(tree: Path, *args: str) -> tuple[int, str]:
    """Exit code and all that was said."""
    path = os.pathsep.join([str(tree / "shared"), *sys.path])
    done = subprocess.run(
        [sys.executable, "-P", tree / "scripts/new.py", *args], cwd="/", capture_output=True, text=True, check=False,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def files(tree: Path) -> set[str]:
    return {str(p.relative_to(tree)) for p in tree.rglob("*") if p.is_file()}


EXAMPLES = """
import asyncio
from troupe.catalog import registry
block = registry.get_block("text.shout_loud")
for example in block.examples:
    given = block.Input.model_validate(example.given)
    assert asyncio.run(block.run(given, None)).model_dump() == example.gives, example
assert len(block.examples) >= 2 and block.refuses
for refusal in block.refuses:
    try: block.Input.model_validate(refusal.given)
    except ValueError: continue
    raise SystemExit("not refused")
"""


def test_a_new_block_is_one_file_that_runs_as_it_stands(tree):
    before = files(tree)
    assert new(tree, "block", "text/shout_loud")[0] == 0
    assert files(tree) - before == {"shared/troupe/catalog/blocks/text/shout_loud.py"}
    path = os.pathsep.join([str(tree / "shared"), *sys.path])
    done = subprocess.run(
        [sys.executable, "-P", "-c", EXAMPLES], env={"PYTHONPATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("id", ["text", "Text/split", "text/../x", "text/split/more", "1/2", "text.split"])
def test_an_id_out_of_form_is_refused(tree, id):
    code, said = new(tree, "block", id)
    assert (code, "is no id of a block" in said) == (2, True)


def test_a_block_that_is_there_is_not_overwritten(tree):
    new(tree, "block", "text/shout")
    file = tree / "shared/troupe/catalog/blocks/text/shout.py"
    file.write_text("# mine")
    code, said = new(tree, "block", "text/shout")
    assert (code, "is there already" in said, file.read_text()) == (2, True, "# mine")


def test_a_new_connector_is_a_file_and_a_test_that_passes_as_it_stands(tree):
    before = files(tree)
    assert new(tree, "connector", "help_desk")[0] == 0
    made = {"shared/troupe/catalog/connectors/help_desk.py", "tests/catalog/connectors/test_help_desk.py"}
    assert files(tree) - before == made
    for part in ("tests/catalog/harness.py", "tests/catalog/connectors/harness.py", "tests/servers/desk.py",
                 "tests/servers/raw.py", "pyproject.toml"):  # fmt: skip
        (tree / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / part, tree / part)
    path = os.pathsep.join([str(tree / "shared"), str(tree), *sys.path])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/catalog/connectors/test_help_desk.py"],
        cwd=tree, env={"PATH": os.environ["PATH"], "PYTHONPATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    code, said = new(tree, "connector", "help_desk")
    assert (code, "is there already" in said) == (2, True)


@pytest.mark.parametrize("id", ["Desk", "help-desk", "../desk", "_desk", "a/b", "1"])
def test_an_id_of_a_connector_out_of_form_is_refused(tree, id):
    code, said = new(tree, "connector", id)
    assert (code, "is no id of a connector" in said) == (2, True)


def test_the_catalogue_is_written_and_then_fresh(tree):
    new(tree, "block", "text/shout")
    assert new(tree, "catalogue", "--check")[0] == 1
    assert new(tree, "catalogue")[0] == 0
    assert new(tree, "catalogue", "--check") == (0, "")
    [block] = json.loads((tree / "shared/troupe/catalog/catalogue.json").read_text())["blocks"]
    assert (block["id"], block["effect"], list(block["input_schema"]["properties"])) == ("text.shout", "pure", ["text"])


def test_a_published_block_may_grow_but_neither_break_nor_vanish(tree):
    new(tree, "block", "text/shout")
    new(tree, "catalogue")
    file = tree / "shared/troupe/catalog/blocks/text/shout.py"
    kept = (tree / "shared/troupe/catalog/catalogue.json").read_text()
    whole = file.read_text()

    file.write_text(whole.replace("    class Output", "        times: int = 2\n\n    class Output"))
    assert new(tree, "catalogue")[0] == 0
    (tree / "shared/troupe/catalog/catalogue.json").write_text(kept)

    file.write_text(whole.replace("    class Output", "        times: int\n\n    class Output"))
    code, said = new(tree, "catalogue")
    assert (code, "text.shout/input/times" in said) == (1, True)

    file.unlink()
    code, said = new(tree, "catalogue")
    assert (code, "bring its file back" in said) == (1, True)
    assert (tree / "shared/troupe/catalog/catalogue.json").read_text() == kept


def test_the_requirements_of_this_tree_are_in_step(tree):
    assert new(tree, "requirements", "--check") == (0, "")


@pytest.mark.parametrize(
    ("file", "change", "says"),
    [
        ("base.in", lambda text: text + "left-pad\n", "older than base.in"),
        ("dev.txt", lambda text: text + "--extra-index-url https://example.org/simple\n", "address"),
        ("base.txt", lambda text: text + "left-pad @ file:///tmp/x\n", "address"),
        ("base.txt", lambda text: text + "left-pad==1.0\n", "no hash"),
    ],
)
def test_requirements_out_of_step_are_named(tree, file, change, says):
    path = tree / "scripts/requirements" / file
    path.write_text(change(path.read_text()))
    code, said = new(tree, "requirements", "--check")
    assert (code, says in said) == (1, True)
