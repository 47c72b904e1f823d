"""postgres: tables and queries of a Postgres database, read-only where not said otherwise."""

from typing import Any, Literal

from pydantic import Field, SecretStr

from troupe.base.http.addresses import literal
from troupe.catalog.connectors._native import Native, tool
from troupe.catalog.connectors._postgres import forms, store
from troupe.catalog.connectors._postgres.session import transaction
from troupe.catalog.contract import Fields, Json, Link, once, read


class Postgres(Native):
    """Tables and queries of a Postgres database.

    It only reads, in a transaction that the server itself keeps from writing, one statement at a time, within limits of
    time, rows and bytes. `allow_writes` adds a tool that writes. What its login may do through functions of the
    database remains the database's matter: give it one that may only read.
    """

    title = "Postgres"
    category = "data"
    needs_credential = False

    class Config(Fields):
        """Where the database is, and as whom."""

        host: str = Field(description="The server's name or address.", pattern=r"^[A-Za-z0-9._:-]{1,253}$")
        port: int = Field(5432, description="Its port.", ge=1, le=65535)
        database: str = Field(description="The name of the database.", min_length=1, max_length=63)
        user: str = Field(description="The login, which should only be able to read.", min_length=1, max_length=63)
        tls: Literal["verify", "off"] = Field(
            "verify", description="Verify the server by its certificate; off is for a network of one's own."
        )
        ca: str = Field("", description="The authority's certificate, PEM; empty: those of this machine.",
                        max_length=200_000)  # fmt: skip
        max_seconds: float = Field(30.0, description="How long a statement may take.", ge=0.1, le=600)
        allow_writes: bool = Field(default=False, description="Add a tool that changes data.")

    class Credential(Fields):
        """How the login is proved."""

        password: SecretStr = Field(description="The password.", min_length=1, max_length=1000)

    def hosts(self, config: Any) -> list[str]:
        host = f"[{config.host}]" if literal(config.host) and ":" in config.host else config.host
        return [f"{host}:{config.port}"]

    async def test(self, link: Link) -> str:
        async with transaction(link) as db:
            return await store.login(db)

    @tool(read, tags=["tables"])
    async def list_schemas(self, link: Link, given: Fields) -> Json:
        """List the schemas of the database, with how many tables each has."""
        async with transaction(link) as db:
            return {"items": await store.list_schemas(db)}

    @tool(read, tags=["tables"], hints="views relations")
    async def list_tables(self, link: Link, given: forms.Tables) -> Json:
        """List tables and views, with about how many rows they have."""
        async with transaction(link) as db:
            return {"items": await store.list_tables(db, given.schema_name, given.name, given.limit)}

    @tool(read, tags=["tables"], hints="columns schema keys structure")
    async def describe_table(self, link: Link, given: forms.OneTable) -> Json:
        """Describe a table: its columns, keys, constraints and indexes."""
        async with transaction(link) as db:
            return await store.describe(db, given.table)

    @tool(read, tags=["tables"], hints="search where field")
    async def find_columns(self, link: Link, given: forms.Columns) -> Json:
        """Find columns by a part of their name, in all tables."""
        async with transaction(link) as db:
            return {"items": await store.find_columns(db, given.schema_name, given.name, given.limit)}

    @tool(read, tags=["rows"], hints="example preview look")
    async def sample_rows(self, link: Link, given: forms.Sample) -> Json:
        """Get some rows of a table, to see what it holds."""
        async with transaction(link) as db:
            return await store.sample(db, given.table, given.limit)

    @tool(read, tags=["rows"], hints="sql select ask data report")
    async def query(self, link: Link, given: forms.Query) -> Json:
        """Ask with one SELECT (WITH, VALUES and TABLE too). `truncated` tells that there are more rows."""
        async with transaction(link) as db:
            return await store.query(db, given.sql, given.params, given.limit)

    @tool(read, tags=["rows"], hints="sql plan slow index")
    async def explain(self, link: Link, given: forms.Statement) -> Json:
        """Show the plan of a statement, without running it."""
        async with transaction(link) as db:
            return {"plan": "\n".join(await store.explain(db, given.sql, given.params))}

    @tool(once, tags=["rows"], hints="sql insert update delete write change", needs="allow_writes")
    async def execute(self, link: Link, given: forms.Statement) -> Json:
        """Do one statement that may change data, in a transaction of its own."""
        async with transaction(link, write=True) as db:
            return await store.execute(db, given.sql, given.params)
