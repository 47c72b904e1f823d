"""Native connectors: tools written by hand, each a typed method of its connector.

    class Desk(Native):
        @tool(read, tags=["tickets"])
        async def get_ticket(self, link: Link, given: OneTicket) -> Json:
            \"\"\"Get a ticket. With its comments.\"\"\"

The fields of what is given are the tool's input schema, the docstring is its description, the first line its title.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, ClassVar, TypeVar

from pydantic import ValidationError
from pydantic.json_schema import GenerateJsonSchema

from troupe.base.errors import BadInput, Problem, Refused, Rejected, StepFailed
from troupe.base.http import HttpResponse
from troupe.base.http.answers import SHOWN, failure, text_of
from troupe.base.http.hosts import host_of
from troupe.base.values import read_json
from troupe.catalog.connectors import _oauth
from troupe.catalog.connectors._rest import at
from troupe.catalog.contract import Action, Connector, Fields, Json, Link
from troupe.ports.run import Effect

Method = TypeVar("Method", bound=Callable[..., Awaitable[Json]])
MARK = "__tool__"
CODES = {404: "not_there", 409: "conflicting", 410: "gone", 412: "conflicting"}  # of no class of base/errors


@dataclass(frozen=True)
class Mark:
    """What a method says of itself as a tool. `needs`: a field of the configuration that must be set."""

    effect: Effect
    tags: Sequence[str]
    hints: str
    needs: str


def tool(effect: Effect, *, tags: Sequence[str] = (), hints: str = "", needs: str = "") -> Callable[[Method], Method]:
    """Makes an async method `(self, link, given)` a tool: what repeating it does, and further words for it."""

    def mark(method: Method) -> Method:
        setattr(method, MARK, Mark(effect, tags, hints, needs))
        return method

    return mark


class Native(Connector):
    """A connector whose tools are its marked methods. The credential may go to the addresses in its configuration."""

    needs_credential: ClassVar[bool] = True
    hints: ClassVar[Mapping[int, str]] = {}  # by the status of a failure: what to do about it

    def check(self, config: Any, credential: Any) -> list[Problem]:
        found = [
            Problem(f"/config/{name}", "bad_url", "An address starts with https:// or http://.")
            for name, url in _addresses(config)
            if url and not host_of(url)
        ]
        if credential is None and self.needs_credential:
            found.append(Problem("/credential", "missing", f"{self.title} wants to know who asks."))
        return found

    def hosts(self, config: Any) -> list[str]:
        return [host for _, url in _addresses(config) if (host := host_of(url))]

    async def sign(self, link: Link) -> dict[str, str]:
        return {"authorization": f"Bearer {link.credential.token.get_secret_value()}"}

    async def actions(self, link: Link) -> list[Action]:
        found = tools_of(type(self)).items()
        return [_action(name, method) for name, method in found if _offered(method, link)]

    async def call(self, link: Link, action: Action, arguments: dict[str, Any]) -> Json:
        name = str(action.locator.get("tool"))
        method = tools_of(type(self)).get(name)
        if method is None or not _offered(method, link):
            raise Rejected(f"{self.title} has no tool {name!r} as it is configured.", code="no_such_tool")
        try:
            given = given_of(method).model_validate(arguments)
        except ValidationError as wrong:
            told = "; ".join(f"{'/'.join(map(str, e['loc'])) or '/'}: {e['msg']}" for e in wrong.errors()[:5])
            raise Rejected(f"These arguments do not fit {name}: {told}"[:1000], code="bad_input") from None
        return await method(self, link, given)

    def failure(self, answer: HttpResponse) -> StepFailed | None:
        said = self.said(answer)
        wrong = failure(answer.status, answer.headers, answer.url, said, datetime.now(UTC))
        wrong.hint = self.hints.get(answer.status, wrong.hint)
        wrong.code = CODES.get(answer.status, wrong.code) if isinstance(wrong, Refused) else wrong.code
        return wrong

    def said(self, answer: HttpResponse) -> str:
        """The service's own words about a failure: `message`, `error.message` and the like, or the beginning of it."""
        try:
            body = read_json(answer.content)
        except BadInput:
            body = None
        words = (at(body, path) for path in ("error.message", "message", "error_description", "detail", "error"))
        text = next((word for word in words if isinstance(word, str) and word), text_of(answer) or "")
        return " ".join(text.split())[:SHOWN]


class _Plain(GenerateJsonSchema):
    """Without titles made from names: they tell a model nothing, and it pays for them."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


@cache
def tools_of(kind: type[Native]) -> dict[str, Any]:
    """The marked methods of a connector by name, in the order in which they stand."""
    found: dict[str, Any] = {}
    for one in reversed(kind.__mro__):
        found |= {name: method for name, method in vars(one).items() if hasattr(method, MARK)}
    return found


def given_of(method: Any) -> type[Fields]:
    """The fields that a tool takes."""
    return inspect.signature(method).parameters["given"].annotation


def _action(name: str, method: Any) -> Action:
    mark: Mark = getattr(method, MARK)
    described = inspect.cleandoc(method.__doc__ or "")
    schema = given_of(method).model_json_schema(schema_generator=_Plain)
    return Action(
        name=name, title=described.split("\n")[0].rstrip("."), description=described, effect=mark.effect,
        input_schema={key: value for key, value in schema.items() if key not in ("title", "description")},
        tags=list(mark.tags), hints=mark.hints, locator={"tool": name},
    )  # fmt: skip


def _offered(method: Any, link: Link) -> bool:
    needs = getattr(method, MARK).needs
    return not needs or bool(getattr(link.config, needs))


def _addresses(config: Fields) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, value in config if name.endswith("_url")]


class Granted(Native):
    """One whose token does not end: it is given, or granted by a person on the service's page (`consent`)."""

    def check(self, config: Any, credential: Any) -> list[Problem]:
        lacks = _oauth.missing(credential, "client_id", "client_secret") if credential else []
        return [*super().check(config, credential), *lacks]

    async def sign(self, link: Link) -> dict[str, str]:
        return {"authorization": f"Bearer {_oauth.lasting(link.credential)}"}
