"""Temporary."""
import hashlib
from typing import Any
from ruamel.yaml import YAML
from troupe.base.errors import BadInput, Problem
from troupe.base.values import canonical
from troupe.features.workflows.definition import Workflow, meaning
from pydantic import ValidationError

def read(text: str) -> Workflow:
    try:
        return Workflow.model_validate(YAML(typ="safe", pure=True).load(text))
    except ValidationError as e:
        raise BadInput(problems=[Problem(".".join(map(str,x["loc"])), x["type"], x["msg"]) for x in e.errors()]) from None

def hash_of(w: Workflow) -> str:
    return hashlib.sha256(canonical(meaning(w))).hexdigest()
