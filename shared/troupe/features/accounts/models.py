"""What accounts are made of."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from troupe.base.ids import WorkspaceId

Role = Literal["owner", "admin", "editor", "viewer"]


class Token(BaseModel, frozen=True):
    """An API token, without its secret."""

    id: str
    name: str
    role: Role
    prefix: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class NewToken(BaseModel, frozen=True, extra="forbid"):
    """A token to make."""

    name: str = Field(min_length=1, max_length=100)
    role: Role
    expires_at: datetime | None = None


class TokenMade(BaseModel, frozen=True):
    """The only time the secret is shown."""

    id: str
    prefix: str
    token: str


class NewMember(BaseModel, frozen=True, extra="forbid"):
    """A person to let in."""

    email: str = Field(max_length=254, pattern=r"^[^\s@]+@[^\s@]+$")
    name: str = Field("", max_length=100)
    role: Role = "editor"


class Member(BaseModel, frozen=True):
    """A person in the workspace."""

    id: str
    email: str
    name: str
    role: Role
    created_at: datetime


class SignIn(BaseModel, frozen=True):
    """A link that signs one browser in, once, within ten minutes."""

    url: str
    expires_at: datetime


class Ways(BaseModel, frozen=True):
    """How a browser may sign in here, besides by a link and by a token."""

    password: bool
    issuer: bool


class NewRole(BaseModel, frozen=True, extra="forbid"):
    """What a member may do from now on."""

    role: Role


class Workspace(BaseModel, frozen=True):
    """A workspace that is open to somebody, and what they may do there."""

    id: WorkspaceId
    name: str
    role: Role


class Identity(BaseModel, frozen=True):
    """Whom a secret stands for. `member_id`: whose session it is, where it is a person's; `name` is their address."""

    id: str
    workspace_id: WorkspaceId
    kind: Literal["token", "session", "code", "member"]
    name: str
    role: Role
    member_id: str | None = None


class Me(BaseModel, frozen=True):
    """Who asks, with which rights, and the workspaces that are open to them."""

    id: str
    kind: Literal["token", "session", "member"]
    name: str
    role: Role
    workspace_id: str
    workspaces: list[Workspace]
