from pydantic import ValidationError
from ruamel.yaml import YAML

from troupe.base.errors import BadInput, Problem
from troupe.features.workflows.definition import Workflow


def read_workflow(text: str) -> Workflow:
    try:
        return Workflow.model_validate(YAML(typ="safe", pure=True).load(text))
    except ValidationError as e:
        raise BadInput(
            problems=[Problem(".".join(map(str, x["loc"])), x["type"], x["msg"]) for x in e.errors()]
        ) from None
