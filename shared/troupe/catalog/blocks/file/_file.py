"""A file as a field: the value that an upload, a download or file.write gives."""

from typing import Annotated

from pydantic import Field

from troupe.catalog.contract import Json

FileValue = Annotated[dict[str, Json], Field(description='A file: {"$file": id}.', min_length=1, max_length=20)]
