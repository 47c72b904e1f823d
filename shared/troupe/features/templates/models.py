"""Templates as a caller sees them."""

from typing import Literal

from pydantic import BaseModel


class Template(BaseModel, frozen=True):
    """A text to copy: `name` as it stands in it, `about` what its example shows, `example` the folder it is from."""

    name: str
    title: str
    kind: Literal["workflow", "agent"]
    about: str
    example: str
    text: str


class Templates(BaseModel, frozen=True):
    """All of them: they are one page."""

    items: list[Template]
    next_cursor: None = None
