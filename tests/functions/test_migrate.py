"""The database of a deployment: its owner migrates, and everything else signs in as somebody who owns nothing."""

import json
from urllib.parse import urlsplit

import psycopg
import pytest

from functions import migrate
from functions.kept import logins_of
from functions.loop import complete
from tests.functions.context import CONTEXT
from tests.servers.aws import ask
from troupe.adapters.aws._client import Aws
from troupe.base.errors import Unavailable
from troupe.base.settings import read_settings


def secret(account: Aws, name: str, **said: str | int) -> str:
    return ask(account, "secretsmanager", "create_secret", Name=name, SecretString=json.dumps(said))["ARN"]


@pytest.fixture
def login(account: Aws, database_url: str) -> str:
    """The secret of the login that functions use; its role goes with the test."""
    name = f"functions_{urlsplit(database_url).path[-12:]}"
    yield secret(account, "login", username=name, password="p@ss/word'%")
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute(f"DROP ROLE IF EXISTS {name}")  # pyright: ignore


def test_functions_sign_in_as_somebody_who_owns_nothing(account, environment, login, monkeypatch) -> None:
    for name, value in (environment | {"TROUPE_LOGIN_SECRET": login}).items():
        monkeypatch.setenv(name, value)
    for _ in range(2):  # a deployment may be repeated
        assert migrate.handler({"owner": "Ada@example.org"}, CONTEXT) == {"applied": []}
    with psycopg.connect(environment["TROUPE_DATABASE_URL"], autocommit=True) as ada:
        ada.execute("SELECT set_config('troupe.person', 'ada@example.org', false)")
        founded = "SELECT w.name, m.email, m.role FROM workspaces w JOIN members m USING (workspace_id)"
        assert ada.execute(founded).fetchall() == [("My workspace", "ada@example.org", "owner")]
    place = urlsplit(environment["TROUPE_DATABASE_URL"])
    user = json.loads(ask(account, "secretsmanager", "get_secret_value", SecretId=login)["SecretString"])
    given = {"host": place.hostname, "port": place.port, "dbname": place.path[1:], "user": user["username"]}
    if place.hostname is None:
        given |= dict(pair.split("=") for pair in place.query.split("&"))
    with psycopg.connect(**given, password=user["password"], autocommit=True) as mine:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            mine.execute("SELECT * FROM runs")
        mine.execute("SET ROLE troupe_engine")
        mine.execute("SELECT * FROM runs")
        mine.execute("SET ROLE troupe_app")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            mine.execute("DROP TABLE runs")


def test_the_url_is_made_of_the_secret_and_the_host_that_is_named(account, environment, monkeypatch) -> None:
    arn = secret(account, "db", username="a b", password="p@ss/word", host="inner", port=5433, dbname="things")
    given = {"TROUPE_DATABASE_SECRET": arn, "TROUPE_DATABASE_HOST": "proxy.example"}
    settings = read_settings({**environment, **given} | {"TROUPE_DATABASE_URL": ""})
    url = complete(logins_of(settings)).app
    assert url == "postgresql://a%20b:p%40ss%2Fword@proxy.example:5433/things?sslmode=require"
    with pytest.raises(Unavailable):
        complete(logins_of(read_settings({**environment, "TROUPE_DATABASE_URL": ""})))
