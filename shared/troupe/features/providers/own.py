"""Own: the providers of a workspace, opened. One whose key does not open is closed, and hides no other behind it."""

import importlib
import logging
from collections.abc import Mapping, Sequence

from pydantic import SecretStr

from troupe.base.errors import Forbidden, TroupeError
from troupe.base.http.hosts import host_of, is_bound
from troupe.base.ids import WorkspaceId
from troupe.base.settings import ProviderKind, ProviderSettings
from troupe.features.connections import vault
from troupe.features.providers.store import ProviderRow
from troupe.ports.keys import Keys

log = logging.getLogger(__name__)


class Own:
    """By name. `closed`: those that cannot be used, and whether a later try may help. Another object where anything
    changed, so that what is made of it can be kept beside it."""

    def __init__(
        self,
        rows: Sequence[ProviderRow] = (),
        providers: Mapping[str, ProviderSettings] | None = None,
        closed: Mapping[str, bool] | None = None,
    ) -> None:
        self.rows = list(rows)
        self.providers = dict(providers or {})
        self.closed = dict(closed or {})


async def opened(keys: Keys, workspace: WorkspaceId, rows: Sequence[ProviderRow], before: Own) -> Own:
    """The providers of these rows; keys are unwrapped anew only of rows that changed."""
    if not any(before.closed.values()) and before.rows == list(rows):
        return before
    same = {row.name: before.providers[row.name] for row in before.rows if row in rows and row.name in before.providers}
    providers, closed = dict[str, ProviderSettings](), dict[str, bool]()
    for row in rows:
        try:
            providers[row.name] = same.get(row.name) or await _open(keys, workspace, row)
        except TroupeError as wrong:
            log.warning("The key of a provider does not open: %s", wrong.code)
            closed[row.name] = not isinstance(wrong, Forbidden)
    return Own(rows, providers, closed)


async def _open(keys: Keys, workspace: WorkspaceId, row: ProviderRow) -> ProviderSettings:
    settings = ProviderSettings(kind=row.kind, base_url=row.base_url, prices=row.prices)
    if row.credential_id is None or row.wrapped is None or row.sealed is None:
        if needs_key(row.kind, row.base_url):
            raise Forbidden("This provider has no key.", code="no_key")
        return settings
    if not is_bound(row.base_url or vendor(row.kind), row.hosts or []):
        raise Forbidden("This key is bound to another host.", code="not_bound")
    found = await vault.unseal(keys, workspace, row.credential_id, vault.Sealed(row.wrapped, row.sealed))
    return settings.model_copy(update={"key": SecretStr(found.values["key"])})


def hosts(kind: ProviderKind, base_url: str | None) -> list[str]:
    """Where the key of such a provider may go."""
    return [host_of(base_url or vendor(kind))]


def vendor(kind: ProviderKind) -> str:
    """The vendor's own address; none for Bedrock, which has one a region."""
    return getattr(importlib.import_module(f"troupe.catalog.llm.{kind}"), "OFFICIAL", "")


def needs_key(kind: ProviderKind, base_url: str | None) -> bool:
    """Whether it is useless without one. Bedrock would take the process' own credentials, which are not theirs."""
    return kind == "bedrock" or base_url is None
