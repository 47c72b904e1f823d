"""What the documentation shows is true: its workflows check, its commands exist, its links lead somewhere."""

import re
from pathlib import Path

import pytest

from troupe.features.agents.service import AGENT
from troupe.features.definitions import service
from troupe.features.workflows.service import WORKFLOW

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_to_files(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_the_workflow_of_the_readme_is_good() -> None:
    for text in re.findall(r"```yaml\n(troupe: .*?)```", (ROOT / "README.md").read_text(), re.DOTALL):
        assert service.check(WORKFLOW, text).problems == []


def test_the_agent_of_the_how_to_is_good() -> None:
    (text,) = re.findall(r"```yaml\n(troupe: .*?)```", (ROOT / "docs/how-to/build-an-agent.md").read_text(), re.DOTALL)
    assert service.check(AGENT, text).problems == []


@pytest.mark.parametrize(
    "example", sorted((ROOT / "docs/examples").glob("*/workflow.yaml")), ids=lambda p: p.parent.name
)
def test_examples_are_good(example: Path) -> None:
    assert service.check(WORKFLOW, example.read_text()).problems == []


def test_the_map_names_files_that_there_are() -> None:
    text = (ROOT / "docs/map.md").read_text()
    for name in re.findall(
        r"`((?:app|base|durable|features|adapters|ports|catalog|migrations)/[a-z0-9_/]+\.(?:py|sql))`", text
    ):
        assert (ROOT / "shared/troupe" / name).exists(), name
