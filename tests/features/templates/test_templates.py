"""Templates are the examples: all of them, and each can be kept as it is."""

from troupe.features.agents.service import AGENT
from troupe.features.templates.service import EXAMPLES, list_templates
from troupe.features.workflows.service import WORKFLOW


def test_every_definition_of_the_examples_is_a_template() -> None:
    assert {t.example for t in list_templates()} == {f.parent.name for f in EXAMPLES.glob("*/*.yaml")}
    assert len(list_templates()) == len([*EXAMPLES.glob("*/*.yaml")])


def test_a_template_has_no_problem_and_says_what_it_shows() -> None:
    for template in list_templates():
        kind = {"workflow": WORKFLOW, "agent": AGENT}[template.kind]
        assert kind.read(template.text).problems == []
        assert template.name
        assert template.title != template.name
        assert template.about
