"""Templates over HTTP."""

from fastapi import APIRouter

from troupe.features.accounts.deps import Reader
from troupe.features.templates import service
from troupe.features.templates.models import Templates

router = APIRouter(prefix="/templates", tags=["templates"])


@router.get("")
async def list_templates(_who: Reader) -> Templates:
    """Workflows and agents to copy and adapt."""
    return Templates(items=service.list_templates())
