"""The names the checker sees from a frame: what they are, and whether they may be missing."""

from troupe.features.workflows.expressions import Schema
from troupe.features.workflows.template import Need


class Env:
    """The names of a frame and of those around it: their schemas, and whether they may give nothing."""

    def __init__(self, schemas: dict[str, Schema], outer: "Env | None" = None) -> None:
        self.schemas = schemas
        self.outer = outer
        self.skippable: set[str] = set()  # may give nothing
        self.lenient: set[str] = set()  # may give only an error
        self.never: set[str] = set()  # give nothing, whatever happens

    def schema(self, name: str) -> Schema | None:
        """The schema of a name, None where there is none."""
        found = self.schemas.get(name)
        return found if found is not None or self.outer is None else self.outer.schema(name)

    def may_lack(self, need: Need) -> bool:
        """Whether what is needed may not be there."""
        name, first = need
        if name in self.schemas or self.outer is None:
            return name in self.skippable or (name in self.lenient and first not in ("", "error"))
        return self.outer.may_lack(need)

    def is_never(self, name: str) -> bool:
        """Whether the node of this name never runs."""
        if name in self.schemas or self.outer is None:
            return name in self.never
        return self.outer.is_never(name)

    def visible(self) -> set[str]:
        """Every name seen from here."""
        return set(self.schemas) | (self.outer.visible() if self.outer else set())
