"""The set-up is silent when there is nothing to do, and says in two lines what it cannot do, with exit code 3."""

import fcntl
import json
import os
import pwd
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
as_root = pytest.mark.skipif(os.geteuid() != 0 or not sys.platform.startswith("linux"), reason="needs root on Linux")


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """The scripts alone, as in a fresh clone."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def call(folder: Path, *command: str, before: tuple[str, ...] = (), **how: Any) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TROUPE_PYTHON": sys.executable,
        **how.pop("env", {}),
    }
    return subprocess.run(
        [*before, *command], cwd="/", env=environment, capture_output=True, text=True, timeout=60, check=False, **how
    )


def refused(done: subprocess.CompletedProcess[str]) -> list[str]:
    """The two lines at the end of what a script said."""
    assert done.returncode == 3, done
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr.splitlines()[-2:]


def test_a_machine_without_a_python_of_today_is_told(fresh):
    what, advice = refused(call(fresh, f"{fresh}/scripts/run", env={"TROUPE_PYTHON": "no-such-python"}))
    assert what == "Troupe needs Python 3.11 to 3.14, and this machine has none of them on its path."
    assert "TROUPE_PYTHON" in advice


def test_a_python_without_the_venv_module_is_told(fresh):
    (fresh / "venv.py").write_text("raise SystemExit('ensurepip is not available')")
    what, advice = refused(call(fresh, f"{fresh}/scripts/run", env={"PYTHONPATH": str(fresh)}))
    assert "has no venv module" in what
    assert "python3" in advice
    assert not (fresh / ".venv").exists()


def test_no_way_to_the_package_index_is_told(fresh):
    offline = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": "/dev/null", "UV_OFFLINE": "1"}
    what, advice = refused(call(fresh, f"{fresh}/scripts/run", env=offline))
    assert what.startswith("The packages could not be installed: ")
    assert "PIP_INDEX_URL" in advice


def test_who_waited_while_all_was_installed_takes_nothing_of_it_away(fresh):
    shell = ("bash", "-c", '. "$0/scripts/setup.sh"; eval "$1"', str(fresh))
    stamp = call(fresh, *shell, "stamp dev").stdout
    with (fresh / ".setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with subprocess.Popen(
            [*shell, "prepare base"], env={"PATH": os.environ["PATH"]}, stderr=subprocess.PIPE
        ) as waits:
            time.sleep(0.5)
            (fresh / ".venv").mkdir()
            (fresh / ".venv/ready-dev").write_text(stamp)
            fcntl.flock(lock, fcntl.LOCK_UN)
            assert waits.communicate(timeout=30)[1] == b""
    assert waits.returncode == 0
    assert [path.name for path in (fresh / ".venv").iterdir()] == ["ready-dev"]


@as_root
def test_a_disk_that_is_too_small_is_told(fresh):
    small = ("unshare", "-m", "sh", "-c", 'mount -t tmpfs -o size=9m t "$0" && cp -r "$1" "$0"/scripts && exec "$2"')
    (fresh / "disk").mkdir()
    what, _ = refused(call(fresh, *small, f"{fresh}/disk", f"{fresh}/scripts", f"{fresh}/disk/scripts/run"))
    assert "MB free; the set-up needs 700 MB" in what


@as_root
def test_a_folder_that_may_not_be_written_is_told():
    python = f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    someone = next(a.pw_uid for a in pwd.getpwall() if a.pw_uid != 0)
    private = next((p for p in ROOT.parents if not p.stat().st_mode & 0o001), None)
    if private or not Path(python).exists():
        pytest.skip("another user reads neither this folder nor an interpreter")
    demote = f"setpriv --reuid {someone} --regid {someone} --clear-groups"
    mount = 'mount -t tmpfs t "$0" && cp -r "$1" "$0"/scripts && chmod 755 "$0"'
    kept = ("unshare", "-m", "sh", "-c", f'{mount} && exec {demote} "$0"/scripts/run')
    what, advice = refused(call(ROOT, *kept, "/mnt", f"{ROOT}/scripts", env={"TROUPE_PYTHON": python}))
    assert what.startswith("Troupe cannot be set up in /mnt: Permission denied")
    assert advice == "Use a folder that you may write."


def test_nothing_to_do_takes_no_time_and_says_nothing():
    prepare = ("bash", "-c", f". {ROOT}/scripts/setup.sh; ready dev || exit 9; prepare base; prepare dev")
    if call(ROOT, *prepare).returncode == 9:
        pytest.skip("this environment was not made by scripts/test")
    took: list[float] = []
    for _ in range(5):
        began = time.perf_counter()
        done = call(ROOT, *prepare)
        took.append(time.perf_counter() - began)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert min(took) < 0.1


def test_another_list_of_packages_or_another_place_makes_it_not_ready(fresh):
    ready = ("bash", "-c", f". {fresh}/scripts/setup.sh; ready base")
    (fresh / ".venv/bin").mkdir(parents=True)
    (fresh / ".venv/bin/python").symlink_to(sys.executable)
    stamp = call(fresh, "bash", "-c", f". {fresh}/scripts/setup.sh; stamp base").stdout
    (fresh / ".venv/ready-base").write_text(stamp)
    assert call(fresh, *ready).returncode == 0
    with (fresh / "scripts/requirements/base.txt").open("a") as file:
        file.write("# changed\n")
    assert call(fresh, *ready).returncode == 1
    (fresh / ".venv/ready-base").write_text(stamp.replace(str(fresh), "/elsewhere"))
    assert call(fresh, *ready).returncode == 1


def test_a_name_that_is_no_benchmark_is_told_the_names():
    if call(ROOT, "bash", "-c", f". {ROOT}/scripts/setup.sh; ready dev").returncode:
        pytest.skip("this environment was not made by scripts/test")
    done = call(ROOT, f"{ROOT}/scripts/bench", "nothing")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Name a benchmark: ")


@pytest.fixture
def web(fresh: Path) -> Path:
    """A web app without packages, whose build writes a line to dist/built."""
    if not shutil.which("npm"):
        pytest.skip("no npm on this machine")
    app = fresh / "frontend"
    (app / "src").mkdir(parents=True)
    (app / "src/main.ts").write_text("one")
    about = {"name": "web", "version": "1.0.0", "scripts": {"build": "mkdir -p dist && cat src/main.ts >> dist/built"}}
    (app / "package.json").write_text(json.dumps(about))
    lock = {
        "name": "web",
        "version": "1.0.0",
        "lockfileVersion": 3,
        "packages": {"": {"name": "web", "version": "1.0.0"}},
    }
    (app / "package-lock.json").write_text(json.dumps(lock))
    (app / "node_modules").mkdir()
    return app


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    return call(folder, sys.executable, "-B", f"{folder}/scripts/setup.py", "web")


def test_the_web_app_is_built_once_and_again_when_its_sources_change(fresh, web):
    done = build(fresh)
    assert (done.returncode, "building the web app" in done.stderr) == (0, True)
    assert build(fresh).stderr == ""
    (web / "src/main.ts").write_text("two")
    build(fresh)
    assert (web / "dist/built").read_text() == "onetwo"


def test_a_web_app_that_does_not_build_is_told(fresh, web):
    (web / "src/main.ts").unlink()
    what, advice = refused(build(fresh))
    assert what.startswith("The web app cannot be built: ")
    assert "npm run build" in advice
    assert not (web / "dist/.built-from").exists()
