"""Lines: what every link of a process is made of."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from troupe.base.http import Http
from troupe.base.ids import WorkspaceId
from troupe.base.values import Json
from troupe.ports.cache import Cache
from troupe.ports.keys import Keys


@dataclass(frozen=True)
class Lines:
    """`compute(connector, given, seconds)` is a connector's heavy work, beside the loop; `commands` are programs that
    the operator lets connectors start; `renew(workspace, credential, wrapped, sealed)` keeps a credential's new fields
    where nobody has given it another key meanwhile."""

    http: Http
    keys: Keys
    cache: Callable[[], Awaitable[Cache]]
    compute: Callable[[str, Json, float], Awaitable[Json]]
    renew: Callable[[WorkspaceId, str, bytes, bytes], Awaitable[None]]
    commands: Sequence[str] = ()
