"""Providers over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from troupe.features.accounts.deps import Admin, Reader
from troupe.features.providers import offers, service
from troupe.features.providers.models import NAME, Asked, Asking, Provider, Providers, ProviderSet

router = APIRouter(prefix="/providers", tags=["models"])
Name = Annotated[str, Path(pattern=NAME)]


@router.get("")
async def list_providers(scope: Admin) -> Providers:
    """Every provider of models that counts here: the workspace's own, then the environment's."""
    return await service.list_providers(scope)


@router.get("/offers")
async def list_offers(who: Reader) -> offers.Offers:
    """Models that are there for the taking: by keys of the environment, and of an Ollama that may be asked."""
    return await offers.list_offers(who)


@router.get("/{name}")
async def get_provider(name: str, scope: Admin) -> Provider:
    """One provider."""
    return await service.get(scope, name)


@router.put("/{name}")
async def put_provider(name: Name, body: ProviderSet, who: Reader) -> Provider:
    """Set one of the workspace's own; runs go by it at once. It stands before the environment's of the same name."""
    return await service.put(who, name, body)


@router.delete("/{name}", status_code=204)
async def remove_provider(name: str, scope: Admin) -> Response:
    """Forget one of the workspace's own, and its key."""
    await service.remove(scope, name)
    return Response(status_code=204)


@router.post("/{name}/test", name="test_provider")
async def try_provider(name: str, who: Reader, body: Asking | None = None) -> Asked:
    """Ask it which models it has, or one of them a tiny question; `message` says in one sentence what came of it."""
    return await service.check(who, name, body or Asking(model=None))
