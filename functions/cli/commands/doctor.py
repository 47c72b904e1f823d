"""`troupe doctor`: what a Troupe on this machine needs, each with its fix."""

import os
import shutil
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import typer

from functions.cli import home as places
from functions.cli.show import AsJson, colour, json_line
from troupe.base.errors import TroupeError
from troupe.base.settings import Settings, read_settings

Finding = tuple[bool, str, str]  # good, what is so, the fix
HOSTS = {
    "openai": "api.openai.com", "anthropic": "api.anthropic.com", "google": "generativelanguage.googleapis.com",
}  # fmt: skip
LOW = 1_000_000_000  # bytes of free disk


def doctor(as_json: AsJson = False) -> None:
    """Check this machine. Exits 3 where something keeps Troupe from running."""
    settings = read_settings()
    found = [_look(name, check, settings) for name, check in CHECKS.items()]
    good = all(f["ok"] for f in found)
    if as_json:
        json_line({"ok": good, "checks": found})
    for line in [] if as_json else found:
        mark = colour("✓", "green") if line["ok"] else colour("✗", "red")
        typer.echo(f"{mark} {line['name']}: {line['detail']}{' ' + line['fix'] if line['fix'] else ''}")
    if not good:
        raise typer.Exit(3)


def _look(name: str, check: Callable[[Settings], Finding], settings: Settings) -> dict[str, Any]:
    try:
        ok, detail, fix = check(settings)
    except TroupeError as wrong:
        ok, detail, fix = False, wrong.message, wrong.hint
    except OSError as wrong:
        ok, detail, fix = False, f"{wrong.strerror or wrong}.", ""
    return {"name": name, "ok": ok, "detail": detail, "fix": fix}


def _python(_: Settings) -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    fix = "Use Python 3.11 to 3.14: TROUPE_PYTHON=/path/to/python3.12 scripts/run"
    good = (3, 11) <= sys.version_info[:2] < (3, 15)
    return good, f"Python {version}.", "" if good else fix


def _home(settings: Settings) -> Finding:
    places.prepare(settings.home)
    token = settings.home / "token"
    if token.exists() and token.stat().st_mode & 0o077:
        return False, f"Others on this machine can read {token}.", f"chmod 600 {token}"
    return True, f"{settings.home} can be used.", ""


def _disk(settings: Settings) -> Finding:
    at = next(p for p in (settings.home, *settings.home.parents) if p.exists())
    free = shutil.disk_usage(at).free
    detail = f"{free / 1e9:.1f} GB free at {at}."
    return free >= LOW, detail, "" if free >= LOW else "Make room for 1 GB, or choose another TROUPE_HOME."


def _port(settings: Settings) -> Finding:
    if here := places.read_server(settings.home):
        return True, f"Troupe runs at {here['url']}.", ""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
            probe.listen(1)
        except OSError as wrong:
            detail = f"Port {settings.port} on {settings.host} cannot be used: {wrong.strerror}."
            return False, detail, "Choose another with --port or TROUPE_PORT, or end what uses it."
    return True, f"Port {settings.port} is free.", ""


def _database(settings: Settings) -> Finding:
    import psycopg

    if settings.database_url is None:
        if places.read_server(settings.home):
            return True, "Its own Postgres, running with Troupe.", ""
        from troupe.adapters.embedded.postgres.binaries import choose_account, find_bin

        account = choose_account(settings.home / "postgres/data")
        find_bin(18, account, settings.home / "postgres-bin")
        return True, "Its own Postgres 18, started with Troupe.", ""
    url = settings.database_url.get_secret_value()
    try:
        with psycopg.connect(url, connect_timeout=5) as line:
            row = line.execute(
                "SELECT current_setting('server_version_num')::int,"
                " (SELECT count(*) FROM pg_available_extensions WHERE name = 'vector')"
            ).fetchone()
    except psycopg.Error:
        return False, "The database of TROUPE_DATABASE_URL does not answer.", "See to its address, name and password."
    version, vector = row or (0, 0)
    if version < 150000:
        return False, f"The database is Postgres {version // 10000}.", "Use Postgres 15 or newer."
    if not vector:
        return False, "The database has no extension pgvector.", "Install pgvector there."
    return True, f"Postgres {version // 10000} with pgvector answers.", ""


def _egress(settings: Settings) -> Finding:
    from troupe.base.http.addresses import read_admitted

    entries = settings.egress_entries()
    read_admitted(entries)
    return True, f"Beyond public addresses, blocks reach {', '.join(entries) or 'nothing'}.", ""


def _providers(settings: Settings) -> Finding:
    if settings.real_models == "off":
        return True, "Real models are off (TROUPE_REAL_MODELS=off); demo/demo answers by rules.", ""
    keys = {
        "openai": settings.openai_api_key, "anthropic": settings.anthropic_api_key, "google": settings.gemini_api_key,
        "bedrock": settings.aws_access_key_id,
    }  # fmt: skip
    missing = [f"{n} (set {p.key_env})" for n, p in settings.providers.items() if p.key_env and p.key is None]
    if missing:
        return False, f"Without a key: {', '.join(missing)}.", "Set the variable, or take the provider away."
    deaf = [host for host, port in _far_sides(settings, keys) if not _connects(host, port)]
    if deaf:
        return False, f"This machine does not reach {', '.join(deaf)}.", "See to its network, proxy or firewall."
    known = [*settings.providers, *(n for n, k in keys.items() if k)]
    more = "" if known else "Set OPENAI_API_KEY, ANTHROPIC_API_KEY or GEMINI_API_KEY for real ones."
    return True, f"Models of {', '.join(['demo', *known])}.", more


def _far_sides(settings: Settings, keys: dict[str, Any]) -> list[tuple[str, int]]:
    """Host and port of every provider that is set up; nothing else is connected to."""
    urls = [p.base_url for p in settings.providers.values() if p.base_url]
    parts = [urlsplit(url) for url in urls + [f"https://{HOSTS[n]}" for n, k in keys.items() if k and n in HOSTS]]
    return [(p.hostname, p.port or (80 if p.scheme == "http" else 443)) for p in parts if p.hostname]


def _connects(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), 3.0).close()
    except (OSError, UnicodeError):
        return False
    return True


def _root(settings: Settings) -> Finding:
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return True, "Not root.", ""
    return True, f"Root: Postgres runs under a user id of its own, in {Path(settings.home)}.", ""


CHECKS: dict[str, Callable[[Settings], Finding]] = {
    "python": _python, "user": _root, "home": _home, "disk": _disk, "port": _port, "database": _database,
    "egress": _egress, "providers": _providers,
}  # fmt: skip
