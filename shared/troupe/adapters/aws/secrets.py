"""Database URLs out of Secrets Manager, in the form that RDS keeps them: JSON with username, password, host, port."""

from typing import Any, cast
from urllib.parse import quote

from troupe.adapters.aws._client import Aws
from troupe.base.errors import BadInput, Unavailable
from troupe.base.values import read_json


async def read_login(aws: Aws, secret: str) -> tuple[str, str]:
    """User and password of a secret, by its ARN. Raises Unavailable."""
    said = await _read(aws, secret)
    return str(said.get("username", "")), str(said.get("password", ""))


async def url_of(aws: Aws, secret: str, host: str) -> str:
    """A URL by TLS alone. `host` may be another than the secret's own: that of a proxy. Raises Unavailable."""
    said = await _read(aws, secret)
    who = f"{quote(str(said.get('username', '')), safe='')}:{quote(str(said.get('password', '')), safe='')}"
    at, _, port = host.partition(":")
    return f"postgresql://{who}@{at}:{port or said.get('port', 5432)}/{said.get('dbname', 'troupe')}?sslmode=require"


async def _read(aws: Aws, secret: str) -> dict[str, Any]:
    found = await aws.client("secretsmanager").call("get_secret_value", SecretId=secret)
    try:
        said = read_json(found["SecretString"])
    except (BadInput, KeyError):
        said = None
    if not isinstance(said, dict):
        raise Unavailable("The database's secret is no JSON object.", code="database_missing")
    return cast("dict[str, Any]", said)
