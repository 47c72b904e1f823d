"""Write what is generated: a block's first file, the catalogue, the pinned requirements.

scripts/new block family/verb                writes shared/troupe/catalog/blocks/family/verb.py, which runs as it stands
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
LISTS = ("base", "aws", "dev", "tool", "docs")  # each may name the ones before it as constraints
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
    kinds.add_parser("catalogue").add_argument("--check", action="store_true")
    kinds.add_parser("openapi").add_argument("--check", action="store_true")
    lists = kinds.add_parser("requirements")
    lists.add_argument("--check", action="store_true")
    lists.add_argument("--upgrade", action="store_true")
    given = vars(parser.parse_args())
    return {"block": block, "catalogue": catalogue, "openapi": openapi, "requirements": requirements}[
        given.pop("kind")
    ](**given)


if __name__ == "__main__":
    sys.exit(main())
