"""Set Troupe up: a virtual environment with pinned, hash-checked packages, and the web app. Standard library only.

    setup.py packages base|dev BASE DEV   .venv and what is in it; the stamps tell later that nothing changed
    setup.py web                          frontend/dist, built again when its sources changed

Progress goes to standard error. What cannot be done is said in two lines, what and what to do, with exit code 3.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]
VENV, REQUIREMENTS, WEB = ROOT / ".venv", ROOT / "scripts/requirements", ROOT / "frontend"
PYTHON, UV = VENV / "bin/python", VENV / "bin/uv"
LISTS = {"base": ["tool", "base"], "dev": ["tool", "base", "aws", "dev", "infra"]}
MIN_FREE = 700_000_000  # bytes: 400 MB of packages and as much again while they are unpacked, less what they share
NO_PIP_NOISE = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "PIP_REQUIRE_VIRTUALENV": "0"}


class Stop(Exception):
    """What happened, and what to do about it."""


def main(what: str, *args: str) -> None:
    try:
        with one_at_a_time():
            web() if what == "web" else packages(*args)
    except Stop as stop:
        end(*map(str, stop.args))
    except OSError as wrong:
        end(
            f"Troupe cannot be set up in {ROOT}: {wrong.strerror} ({wrong.filename}).",
            "Use a folder that you may write.",
        )
    except KeyboardInterrupt:
        end("The set-up was interrupted.", "Start it again: it goes on where it was.")


def end(what: str, advice: str) -> NoReturn:
    print(what, advice, sep="\n", file=sys.stderr)
    sys.exit(3)


@contextlib.contextmanager
def one_at_a_time() -> Generator[None]:
    """Two scripts may start at once; the second waits."""
    with (ROOT / ".setup.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def packages(kind: str, base: str, dev: str) -> None:
    """Make .venv hold the packages of the lists. Who waited for another finds it made: `dev` serves for `base` too."""
    stamps = {"base": base, "dev": dev}
    if any(holds(name, stamps[name]) for name in {kind, "dev"}):
        return
    if shutil.disk_usage(ROOT).free < MIN_FREE:
        free = shutil.disk_usage(ROOT).free // 1_000_000
        raise Stop(
            f"The disk of {ROOT} has {free} MB free; the set-up needs 700 MB.", "Free some space and start again."
        )
    for old in VENV.glob("ready-*"):
        old.unlink()
    make_venv()
    with phase("installing packages"):
        install([REQUIREMENTS / f"{name}.txt" for name in LISTS[kind]])
    site = next(VENV.glob("lib/python*/site-packages"))
    (site / "troupe.pth").write_text(f"{ROOT / 'shared'}\n{ROOT}\n")
    (VENV / f"ready-{kind}").write_text(stamps[kind])


def holds(kind: str, stamp: str) -> bool:
    ready = VENV / f"ready-{kind}"
    return ready.exists() and ready.read_text().strip() == stamp.strip()


def make_venv() -> None:
    """A fresh .venv unless ours runs and is of the Python that was found."""
    wanted = f"{sys.version_info.major}.{sys.version_info.minor}"
    ask = [PYTHON, "-c", "import sys; print('%d.%d' % sys.version_info[:2], sys.prefix)"]
    if PYTHON.exists() and output_of(ask) == f"{wanted} {VENV}":
        return
    with phase(f"making .venv with Python {wanted}"):
        shutil.rmtree(VENV, ignore_errors=True)
        made = subprocess.run([sys.executable, "-m", "venv", VENV], check=False, capture_output=True, text=True)
        if made.returncode:
            shutil.rmtree(VENV, ignore_errors=True)
            raise venv_failed(made.stdout + made.stderr, wanted)


def venv_failed(output: str, version: str) -> Stop:
    if "No space left" in output:
        return Stop(f"The disk of {ROOT} is full.", "Free some space and start again.")
    if "ensurepip" in output or "No module named venv" in output:
        return Stop(
            f"Python {version} has no venv module here.",
            f"On Debian and Ubuntu: apt-get install python{version}-venv",
        )
    return Stop(
        f"Python {version} cannot make a virtual environment: {last_line(output)}", "See `python3 -m venv .venv`."
    )


def install(lists: list[Path]) -> None:
    """By uv, which checks every hash; by pip, which knows the machine's own settings, where uv does not get through."""
    if not UV.exists():
        attempt(
            [PYTHON, "-m", "pip", "install", "-q", "--no-deps", "--require-hashes", "-r", REQUIREMENTS / "tool.txt"]
        )
    sync = [UV, "pip", "sync", "-q", "--python", PYTHON, "--compile-bytecode", "--require-hashes", *lists]
    if UV.exists() and subprocess.run(sync, check=False, capture_output=True).returncode == 0:
        return
    say("  uv did not get through; trying pip")
    chosen = [part for path in lists for part in ("-r", path)]
    attempt([PYTHON, "-m", "pip", "install", "-q", "--no-deps", "--require-hashes", *chosen])


def attempt(command: list[object]) -> None:
    done = subprocess.run(
        [str(part) for part in command], check=False, stderr=subprocess.PIPE, text=True, env=os.environ | NO_PIP_NOISE
    )
    if done.returncode == 0:
        return
    if "No space left" in done.stderr:
        raise Stop(f"The disk of {ROOT} is full.", "Free some space and start again.")
    if "DO NOT MATCH THE HASHES" in done.stderr:
        raise Stop(f"A package is not the one that was pinned: {last_line(done.stderr)}", "Do not use it; tell us.")
    raise Stop(
        f"The packages could not be installed: {last_line(done.stderr)}",
        "Check the way to the package index (PIP_INDEX_URL and UV_DEFAULT_INDEX name another) and start again.",
    )


def web() -> None:
    """Build the web app where its sources changed."""
    built, now = WEB / "dist/.built-from", sources()
    if built.exists() and built.read_text() == now:
        return
    if not shutil.which("npm"):
        raise Stop(
            "The web app needs Node 20 or newer, and this machine has no npm.", "Install it from https://nodejs.org"
        )
    lock = hashlib.sha256((WEB / "package-lock.json").read_bytes()).hexdigest()
    installed = WEB / "node_modules/.installed-from"
    if not installed.exists() or installed.read_text() != lock:
        with phase("installing what the web app needs"):
            npm("ci", "--no-audit", "--no-fund")
            installed.write_text(lock)
    with phase("building the web app"):
        npm("run", "build")
    built.write_text(now)


def sources() -> str:
    """A hash of every file that the build reads, and of its name."""
    total = hashlib.sha256()
    for folder, folders, names in os.walk(WEB):
        folders[:] = sorted(set(folders) - {"node_modules", "dist"})
        for path in (Path(folder) / name for name in sorted(names)):
            total.update(f"{path.relative_to(WEB)} {hashlib.sha256(path.read_bytes()).hexdigest()}".encode())
    return total.hexdigest()


def npm(*args: str) -> None:
    done = subprocess.run(["npm", *args], check=False, cwd=WEB, capture_output=True, text=True)
    if done.returncode:
        raise Stop(
            f"The web app cannot be built: {last_line(done.stderr or done.stdout)}", f"See `npm {' '.join(args)}`."
        )


@contextlib.contextmanager
def phase(what: str) -> Generator[None]:
    say(f"· {what} …")
    began = time.monotonic()
    yield
    say(f"  done in {time.monotonic() - began:.0f} s")


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def output_of(command: list[object]) -> str:
    with contextlib.suppress(OSError):
        return subprocess.run([str(c) for c in command], check=False, capture_output=True, text=True).stdout.strip()
    return ""


def last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip()[:300] if lines else "it says nothing"


if __name__ == "__main__":
    main(*sys.argv[1:])
