"""`troupe workflow`: check, list and compare workflows."""

from typing import TYPE_CHECKING

from functions.cli.definitions import verbs

if TYPE_CHECKING:
    from troupe.features.definitions.kind import Kind


def _workflow() -> "Kind":
    from troupe.features.workflows.service import WORKFLOW

    return WORKFLOW


app = verbs("workflow", _workflow)
