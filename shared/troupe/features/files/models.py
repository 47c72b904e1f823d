"""What a file is to a caller."""

from datetime import datetime

from pydantic import BaseModel


class File(BaseModel, frozen=True):
    """A kept file; in an input it is `{"$file": id}`."""

    id: str
    name: str
    size: int
    sha256: str
    type: str
    created_at: datetime
