"""`troupe login`: use a Troupe elsewhere, or sign a browser in to the one here."""

import getpass
import json
import sys
from typing import Annotated

import typer

from functions.cli import home as places
from functions.cli.reach import reach
from functions.cli.show import AsJson, json_line
from troupe.base.errors import BadInput
from troupe.base.settings import read_settings


def login(
    url: Annotated[str | None, typer.Argument(help="Where that Troupe is; none: the one that runs here.")] = None,
    forget: Annotated[bool, typer.Option("--forget", help="Use the Troupe of this machine again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Store URL and token of a Troupe elsewhere: the token from TROUPE_TOKEN, or asked for. Or print a sign-in link."""
    settings = read_settings()
    if forget:
        (settings.home / "remote.json").unlink(missing_ok=True)
        said, text = {"url": None}, "The commands speak to the Troupe of this machine again."
    elif url is None:
        with reach(running=True) as api:
            link = api.post("login-codes")["url"]
        said, text = {"sign_in": link}, f"Sign in: {link}"
    else:
        said, text = {"url": url}, f"The commands speak to {url} now; `troupe login --forget` ends that."
        given = settings.token.get_secret_value() if settings.token else _ask()
        _store(url, given)
    if as_json:
        json_line(said)
    else:
        typer.echo(text)


def _store(url: str, token: str) -> None:
    from functions.cli.client import Api

    if not url.startswith(("http://", "https://")):
        raise BadInput(f"{url!r} is no address.", hint="It begins with https:// or http://.")
    api = Api(url, token)
    try:
        api.get("workflows", limit=1)
    finally:
        api.close()
    home = read_settings().home
    places.prepare(home)
    places.write_private(home / "remote.json", json.dumps({"url": api.url, "token": token}))


def _ask() -> str:
    token = (getpass.getpass("Token: ") if sys.stdin.isatty() else sys.stdin.readline()).strip()
    if not token:
        raise BadInput("There is no token.", hint="Set TROUPE_TOKEN, or give it on standard input.")
    return token
