"""Versions: the same meaning has the same hash, and a diff says what changed."""

from pathlib import Path

from troupe.features.definitions.diff import Diff
from troupe.features.definitions.diff import diff as diff_of
from troupe.features.definitions.text import read
from troupe.features.workflows.definition import Workflow, meaning, version_hash
from troupe.features.workflows.edit import remove_value, set_value

EXAMPLE = (Path(__file__).parent / "example.yaml").read_text()


def diff(before: str, after: str) -> Diff:
    return diff_of(before, after, meaning)


def hash_of(text: str) -> str:
    return version_hash(Workflow.model_validate(read(text).value))


def test_formatting_comments_view_and_defaults_do_not_count():
    import json

    same = [
        "# first\n" + EXAMPLE,
        json.dumps(read(EXAMPLE).value),
        set_value(EXAMPLE, "/view/report", [5, 5]),
        remove_value(EXAMPLE, "/view"),
        set_value(EXAMPLE, "/nodes/report/on_error", "fail"),
        set_value(EXAMPLE, "/nodes/each_mail/nodes/draft/timeout", "120s"),
    ]
    for text in same:
        assert hash_of(text) == hash_of(EXAMPLE)
        assert diff(EXAMPLE, text).as_json() == {"added": [], "removed": [], "changed": []}
    assert hash_of(set_value(EXAMPLE, "/title", "Another")) != hash_of(EXAMPLE)


def test_a_diff_says_what_came_what_went_and_what_is_another_now():
    text = set_value(EXAMPLE, "/nodes/each_mail/nodes/draft/timeout", "5m")
    text = set_value(text, "/nodes/each_mail/nodes/sort/with/labels", ["a", "b"])
    text = remove_value(text, "/nodes/each_mail/nodes/send")
    text = set_value(text, "/nodes/new", {"block": "text.template", "with": {"text": "x"}})
    text = set_value(text, "/nodes/each_mail/each/at_once", 10)
    assert diff(EXAMPLE, text).as_json() == {
        "added": ["/nodes/new"],
        "removed": ["/nodes/each_mail/nodes/send"],
        "changed": [
            {"path": "/nodes/each_mail/each/at_once", "from": 8, "to": 10},
            {"path": "/nodes/each_mail/nodes/sort/with/labels", "from": ["bug", "billing", "praise"], "to": ["a", "b"]},
            {"path": "/nodes/each_mail/nodes/draft/timeout", "from": "2m", "to": "5m"},
        ],
    }
    back = diff(text, EXAMPLE)
    assert (back.added, back.removed) == (["/nodes/each_mail/nodes/send"], ["/nodes/new"])
