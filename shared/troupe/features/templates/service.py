"""Templates: read from the folder of examples."""

import re
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from troupe.features.definitions.text import read
from troupe.features.templates.models import Template

_ABOVE = Path(__file__).parents
EXAMPLES = next((p for n in (4, 3) if (p := _ABOVE[n] / "docs/examples").is_dir()), Path())  # a checkout; a package
_ROW = re.compile(r"^\| \[(\w+)\]\(\w+\) \| (.+) \|$", re.MULTILINE)


@lru_cache(1)
def list_templates() -> list[Template]:
    """Every definition of the examples, in the order of their README; none where they do not stand beside the code."""
    readme = EXAMPLES / "README.md"
    rows = _ROW.findall(readme.read_text()) if readme.is_file() else []
    return [
        _template(folder, about, file.read_text())
        for folder, about in rows
        for file in sorted((EXAMPLES / folder).glob("*.yaml"))
    ]


def _template(folder: str, about: str, text: str) -> Template:
    says = cast(dict[str, Any], read(text).value)
    kind = says["troupe"].partition("/")[0]
    return Template(
        name=says["name"], title=says.get("title") or says["name"], kind=kind, about=about, example=folder, text=text
    )
