from troupe.base.errors import BadInput
from troupe.features.workflows.text import read_workflow


def check(text, blocks):
    try:
        read_workflow(text)
    except BadInput as e:
        return e.problems
    return []
