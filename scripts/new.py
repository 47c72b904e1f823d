"""Write what is generated: the first file of a block or a connector, the catalogue, the pinned requirements.

scripts/new block family/verb                writes shared/troupe/catalog/blocks/family/verb.py, which runs as it stands
scripts/new connector name                   writes shared/troupe/catalog/connectors/name.py and its test, likewise
scripts/new catalogue [--check]              writes catalogue.json, unless that would break a workflow already written
scripts/new openapi [--check]                writes docs/reference/openapi.json from the routes
scripts/new requirements [--check|--upgrade] compiles scripts/requirements/*.in; --check compiles nothing
"""

import argparse
import hashlib
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = ROOT / "scripts/requirements"
LISTS = ("base", "aws", "dev", "tool", "docs", "infra")  # each may name the ones before it as constraints
# The CEL binding asks for these two only in its own command line, which we do not ship.
COMPILE = [
    "--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--no-emit-index-url",
    "--no-emit-find-links", "--no-emit-package", "prompt-toolkit", "--no-emit-package", "wcwidth", "--quiet",
]  # fmt: skip
BLOCK = '''"""{summary}"""

from pydantic import Field

from troupe.catalog.contract import Block, Context, Example, Fields, Refusal, pure


class {name}(Block):
    """{summary}"""

    title = "{title}"
    effect = pure

    class Input(Fields):
        text: str = Field(description="What to work on.", max_length=200_000)

    class Output(Fields):
        text: str = Field(description="What came of it.")

    examples = [
        Example(given={{"text": "A line."}}, gives={{"text": "A line."}}),
        Example(title="Nothing in, nothing out", given={{"text": ""}}, gives={{"text": ""}}),
    ]
    refuses = [Refusal(given={{}})]

    async def run(self, given: Input, ctx: Context) -> Output:
        return self.Output(text=given.text)
'''
CONNECTOR = '''"""{id}: say in a sentence what the service is."""

from pydantic import Field, SecretStr

from troupe.catalog.connectors._native import Native, tool
from troupe.catalog.connectors._rest import Paged, address, ask, at, each, page
from troupe.catalog.contract import Fields, Json, Link, once, read

ITEM = {{"id": "id", "title": "title", "url": "html_url"}}


class NewItem(Fields):
    """A new item."""

    title: str = Field(description="What it is, in a line.", min_length=1, max_length=500)


class {name}(Native):
    """Say what it is good for, and which rights its token needs."""

    title = "{title}"
    category = "productivity"
    hints = {{
        401: "The token is wrong or has ended: give the connection a new one.",
        404: "It is not there, or the token may not see it.",
    }}

    class Config(Fields):
        """Where the service is."""

        base_url: str = Field("https://api.example.com/v1", description="The API.", max_length=500)

    class Credential(Fields):
        """Who we are."""

        token: SecretStr = Field(description="The token.", min_length=1)

    async def test(self, link: Link) -> str:
        who = await ask(link, "GET", address(link.config.base_url, "me"))
        return str(at(who, "name"))

    @tool(read, tags=["items"], hints="other words that people use")
    async def list_items(self, link: Link, given: Paged) -> Json:
        """List the items that we may see."""
        asked = {{"limit": given.limit, "cursor": given.cursor}}
        found = await ask(link, "GET", address(link.config.base_url, "items"), params=asked)
        return page(each(found, "items", ITEM), at(found, "next_cursor"))

    @tool(once, tags=["items"], hints="add")
    async def create_item(self, link: Link, given: NewItem) -> Json:
        """Create an item with a title."""
        made = await ask(link, "POST", address(link.config.base_url, "items"), json={{"title": given.title}})
        return {{"id": at(made, "id")}}
'''
CONNECTOR_TEST = '''"""The tools of {id} against a local server that answers in its shapes."""

from pathlib import Path

import pytest

from tests.catalog.connectors.harness import CANARY, Case, play
from troupe.catalog.connectors._native import tools_of
from troupe.catalog.connectors.{id} import {name}

ITEM = {{"id": "i1", "title": "One", "html_url": "https://example.com/i1", "more": 1}}
CASES = [
    Case("list_items", {{"limit": 1}}, {{"GET /items?limit=1": {{"items": [ITEM], "next_cursor": "c2"}}}},
        {{"items": [{{"id": "i1", "title": "One"}}], "next_cursor": "c2"}}),
    Case("create_item", {{"title": "One"}}, {{"POST /items": ITEM}}, {{"id": "i1"}}, body={{"title": "One"}}),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.tool)
async def test_a_tool_asks_what_is_documented_and_gives_what_matters(tmp_path: Path, case: Case) -> None:
    case.headers["authorization"] = f"Bearer {{CANARY}}"
    await play(tmp_path, "{id}", lambda url: {{"base_url": url}}, {{"token": CANARY}}, case)


def test_every_tool_has_its_case() -> None:
    assert [case.tool for case in CASES] == list(tools_of({name}))
'''


def block(id: str) -> int:
    """Write the file of a new block."""
    from troupe.catalog import registry

    if not re.fullmatch(r"[a-z][a-z0-9_]*/[a-z][a-z0-9_]*", id):
        return say(f"{id!r} is no id of a block; use words like text/split.", 2)
    path = registry.ROOT / "blocks" / f"{id}.py"
    if path.exists():
        return say(f"{path.relative_to(ROOT)} is there already.", 2)
    family, verb = id.split("/")
    words = verb.replace("_", " ")
    text = BLOCK.format(
        summary=f"{words.capitalize()}: say in a sentence what it does.", name=verb.title().replace("_", ""),
        title=f"{words.capitalize()} {family}",
    )  # fmt: skip
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return say(
        f"{path.relative_to(ROOT)}\nGive it fields, a run and examples; then scripts/test and scripts/new catalogue."
    )


def connector(id: str) -> int:
    """Write the file of a new connector, and its test."""
    from troupe.catalog import registry

    if not re.fullmatch(r"[a-z][a-z0-9_]*", id):
        return say(f"{id!r} is no id of a connector; use words like help_desk.", 2)
    path = registry.ROOT / "connectors" / f"{id}.py"
    test = ROOT / "tests/catalog/connectors" / f"test_{id}.py"
    if path.exists() or test.exists():
        return say(f"{path.relative_to(ROOT)} or its test is there already.", 2)
    words = {"id": id, "name": id.title().replace("_", ""), "title": id.replace("_", " ").capitalize()}
    test.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(CONNECTOR.format(**words))
    test.write_text(CONNECTOR_TEST.format(**words))
    said = "Say what the service is, give it tools and cases, and a line in CALLS of test_native.py"
    return say(
        f"{path.relative_to(ROOT)}\n{test.relative_to(ROOT)}\n{said}; then scripts/test and scripts/new catalogue."
    )


def catalogue(*, check: bool) -> int:
    """Write catalogue.json from the block files, or tell whether it is what they say."""
    from troupe.catalog import published, registry

    now, old = published.published_now(), registry.catalogue() if registry.CATALOGUE.exists() else {}
    links = published.connectors_now()
    known = registry.connectors() if registry.CATALOGUE.exists() else {}
    problems = [*published.breaking(old, now), *published.vanished(known, links)]
    for problem in problems:
        say(f"{problem.path}: {problem.message} {problem.hint}")
    if problems:
        return 1
    text = published.render(now, links)
    if registry.CATALOGUE.exists() and registry.CATALOGUE.read_text() == text:
        return 0
    if check:
        return say("catalogue.json is not what the block files say; run scripts/new catalogue.", 1)
    registry.CATALOGUE.write_text(text)
    new = len(now.keys() - old.keys()) + len(links.keys() - known.keys())
    return say(f"{registry.CATALOGUE.relative_to(ROOT)}: {len(now)} blocks, {len(links)} connectors, {new} new.")


def openapi(*, check: bool) -> int:
    """Write the API's description, or say that it is not the routes' any more."""
    import json
    from typing import Any, cast

    from troupe.app.http import http_app

    text = json.dumps(http_app(cast(Any, None)).openapi(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    path = ROOT / "docs/reference/openapi.json"
    if check:
        same = path.exists() and path.read_text() == text
        return 0 if same else say("docs/reference/openapi.json is not the routes' any more: scripts/new openapi", 1)
    path.write_text(text)
    return say(f"{path.relative_to(ROOT)}: {text.count('operationId')} operations.")


def requirements(*, check: bool, upgrade: bool) -> int:
    """Compile the pinned lists, or tell whether they are in step with what they were compiled from."""
    if check:
        return max(check_list(name) for name in LISTS)
    for name in LISTS:
        target = REQUIREMENTS / f"{name}.txt"
        body = target.with_name(f".{name}.txt")
        body.write_text(target.read_text() if target.exists() and not upgrade else "")
        command = ["uv", "pip", "compile", *COMPILE, f"{name}.in", "-o", body.name]
        done = subprocess.run([sys.prefix + "/bin/" + command[0], *command[1:]], check=False, cwd=REQUIREMENTS)
        text = body.read_text()
        body.unlink()
        if done.returncode:
            return done.returncode
        target.write_text(f"{mark(name)}\n{text}")
        say(f"{target.relative_to(ROOT)}: {text.count('==')} packages.")
    return requirements(check=True, upgrade=False)


def check_list(name: str) -> int:
    """No address of an index in the list, every package with its hashes, made from the .in as it is now."""
    text = (REQUIREMENTS / f"{name}.txt").read_text()
    if re.search(r"://|^-|^\S+ @ |^\s*(?!--hash)--", text, re.MULTILINE):
        return say(f"{name}.txt holds an address or an option; run scripts/new requirements.", 1)
    unhashed = [line for line in text.splitlines() if re.match(r"\S+==", line) and not line.endswith("\\")]
    if unhashed:
        return say(f"{name}.txt: {unhashed[0]} has no hash; run scripts/new requirements.", 1)
    if not text.startswith(mark(name)):
        return say(f"{name}.txt is older than {name}.in; run scripts/new requirements.", 1)
    return 0


def mark(name: str) -> str:
    """The first line of a list: of what it was compiled."""
    return f"# Compiled from {name}.in {hashlib.sha256((REQUIREMENTS / f'{name}.in').read_bytes()).hexdigest()[:16]}"


def say(text: str, code: int = 0) -> int:
    print(text, file=sys.stderr if code else sys.stdout)
    return code


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/new", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    kinds = parser.add_subparsers(dest="kind", required=True)
    kinds.add_parser("block").add_argument("id")
    kinds.add_parser("connector").add_argument("id")
    kinds.add_parser("catalogue").add_argument("--check", action="store_true")
    kinds.add_parser("openapi").add_argument("--check", action="store_true")
    lists = kinds.add_parser("requirements")
    lists.add_argument("--check", action="store_true")
    lists.add_argument("--upgrade", action="store_true")
    given = vars(parser.parse_args())
    made = {"block": block, "connector": connector, "catalogue": catalogue, "openapi": openapi}
    return {**made, "requirements": requirements}[given.pop("kind")](**given)


if __name__ == "__main__":
    sys.exit(main())
