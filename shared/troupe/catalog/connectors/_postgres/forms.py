"""What the tools of a database take."""

from pydantic import Field

from troupe.catalog.contract import Fields

Value = str | int | float | bool | None


class Schema(Fields):
    """Where to look."""

    schema_name: str = Field("", description="Only in this schema; empty: in all but the system's.", max_length=63)


class Tables(Schema):
    """Which tables."""

    name: str = Field("", description="Only those whose name has this in it.", max_length=63)
    limit: int = Field(100, description="How many at most.", ge=1, le=1000)


class Columns(Schema):
    """Which columns."""

    name: str = Field(description="What the name of the column has in it.", min_length=1, max_length=63)
    limit: int = Field(100, description="How many at most.", ge=1, le=1000)


class OneTable(Fields):
    """A table."""

    table: str = Field(description="The table or view, as name or schema.name.", min_length=1, max_length=130)


class Sample(OneTable):
    """Some rows."""

    limit: int = Field(5, description="How many rows.", ge=1, le=100)


class Statement(Fields):
    """A statement and its values."""

    sql: str = Field(description="One statement, in the SQL of Postgres; values as $1, $2.", max_length=100_000)
    params: list[Value] = Field([], description="The values of $1, $2 and so on.", max_length=100)


class Query(Statement):
    """A question."""

    limit: int = Field(100, description="How many rows at most.", ge=1, le=1000)
