"""The whole contract of the catalog: what a file in it has to define, and what it is given."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Protocol, TypedDict

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic_core import core_schema

from troupe.base.errors import Problem, StepFailed
from troupe.base.http import Http, HttpResponse
from troupe.ports.mail import Mail
from troupe.ports.run import Attempt, Effect, RunContext, Usage, Verdict, idempotent, once, pure, read
from troupe.ports.sandbox import Sandbox

__all__ = [
    "Action",
    "Block",
    "Connector",
    "Context",
    "Example",
    "Fields",
    "Json",
    "Refusal",
    "idempotent",
    "once",
    "pure",
    "read",
]


class _AsItIs:
    """Blocks are given JSON and give JSON, which the journal writes down at once: to look at each value of a table of
    a thousand rows again, in Python, took 7 ms of the event loop. A block changes nothing of what it is given."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        return core_schema.any_schema()


Json = Annotated[JsonValue, _AsItIs()]


class Fields(BaseModel):
    """The typed fields of an input or output. Unknown input fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_bytes="base64", val_json_bytes="base64")


class Example(BaseModel, frozen=True):
    """A use of the block that a test runs. `model_says` scripts the model, `serves` the far side.

    `gives` must equal the output; None where the output is not fixed (a time, an id).
    """

    title: str = ""
    given: dict[str, Any]
    gives: dict[str, Any] | None = None
    model_says: str | list[str] | None = None
    serves: dict[str, Any] | None = None  # path -> body of a local server that {{server}} stands for
    files: dict[str, dict[str, str]] | None = None  # id -> a file that is there: `name`, and `text` or `base64`
    simulated: bool = False  # this is what a dry run answers


class Refusal(BaseModel, frozen=True):
    """An input the block must refuse, and the code of the error it does so with."""

    given: dict[str, Any]
    code: str = "bad_input"


class Block:
    """A kind of node. The docstring is its description; the first line its summary.

    `effect` may be a method `effect_of(given)` where it depends on the input. Define `run` (a step) or `program` (it
    waits, asks, calls). `paid`: costs money, so a reservation is made first (`price`). `cpu`: may use more than
    20 ms of CPU, so it runs in a worker process, without a context. `key_holds`: seconds the far side honours an effect
    key. `timeout`: seconds for one attempt.
    """

    title: ClassVar[str]
    effect: ClassVar[Effect] = pure
    paid: ClassVar[bool] = False
    cpu: ClassVar[bool] = False
    hidden: ClassVar[bool] = False
    key_holds: ClassVar[float | None] = None
    timeout: ClassVar[float] = 120.0
    Input: ClassVar[type[Fields]]
    Output: ClassVar[type[Fields]]
    examples: ClassVar[Sequence[Example]] = ()
    refuses: ClassVar[Sequence[Refusal]] = ()

    def effect_of(self, given: Any) -> Effect:
        """The effect class of this input."""
        return self.effect

    def price(self, given: Any, ctx: Context) -> float | None:
        """The most this input can cost, in dollars; only asked where `paid`."""
        return None

    async def run(self, given: Any, ctx: Context) -> Any:
        """Do it. Raise NotDone (or a child of it) where you vouch that nothing happened outside."""
        raise NotImplementedError

    async def program(self, given: Any, run: ProgramRun) -> Any:
        """Do it over the life of the run, for blocks that wait, ask a person or start another run."""
        raise NotImplementedError

    async def check(self, key: str, ctx: Context) -> Verdict:
        """Whether the attempt with this effect key happened."""
        return "unclear"


class Models(Protocol):
    """Models, by name (`provider/model`, or empty for the workspace's default)."""

    async def ask(self, prompt: str, *, system: str = "", model: str = "", max_tokens: int = 2048) -> str:
        """One question, one text."""
        ...

    def named(self, model: str) -> str:
        """The model that a name stands for now: empty for the workspace's default, `cheap`, `fast` and `best`."""
        ...

    def window(self, model: str) -> int:
        """How many tokens a model takes, question and answer together."""
        ...

    def embedder(self) -> str:
        """The model that embeds where none is named: vectors of two models have nothing to do with each other."""
        ...

    def sees(self, model: str) -> bool:
        """Whether a model takes images."""
        ...

    async def extract(self, prompt: str, schema: dict[str, Any], *, system: str = "", model: str = "") -> Json:
        """An answer that fits the JSON Schema, repaired once. Raises Rejected(code="bad_model_output")."""
        ...

    async def complete(self, request: ModelRequest) -> ModelReply:
        """The whole reply to a request, with retries and fallbacks. Usage is metered."""
        ...

    async def embed(self, texts: list[str], *, model: str = "") -> list[list[float]]:
        """One vector a text."""
        ...

    def price_of(self, request: ModelRequest) -> float:
        """The most this request can cost, in dollars."""
        ...


class FileStore(Protocol):
    """Files of the run's workspace, as values of the form {"$file": id}."""

    async def read(self, ref: Json) -> tuple[str, bytes]:
        """Name and content. Raises Rejected where the value is no file of this workspace."""
        ...

    async def write(self, name: str, content: bytes, type: str = "") -> dict[str, Json]:
        """Keep content under a name; {"$file", "name", "size", "sha256", "type"}."""
        ...

    async def list(self, prefix: str = "") -> list[dict[str, Json]]:
        """Files whose name starts so, newest first, 1,000 at most."""
        ...


class Expressions(Protocol):
    """CEL, the language of `when` and of what stands in braces. Raises BadInput or Rejected, which say where."""

    async def evaluate(self, source: str, variables: dict[str, Json]) -> Json:
        """The value of an expression; one that is much work is cut after a second. Raises TimedOut."""
        ...

    async def each(self, source: str, items: Sequence[Json], variables: dict[str, Json]) -> list[Json]:
        """Its value for every item, as `item` and `index` beside the variables. Raises TimedOut after ten seconds."""
        ...


class Resolved(TypedDict):
    """A version a reference stands for now, and the definition it is of, as `workflow:ID`."""

    version: str
    subject: str


class Found(Resolved):
    """A definition as a tool sees it."""

    name: str
    title: str
    input_schema: dict[str, Any]


class Definitions(Protocol):
    """The workspace's definitions of one kind, by `name|id[@alias|@number]`; without one, `production`, or else the
    newest. Raises Rejected: `no_such_workflow` (or agent), and `too_deep` where runs call one another without end."""

    async def find(self, ref: str) -> Found:
        """What a reference stands for now."""
        ...

    async def resolve(self, ref: str, input: Json) -> Resolved:
        """The same, where it takes this input; `bad_input` where it does not."""
        ...


class FoundTool(TypedDict):
    """A tool that may be used now. `pin` names what was found: a call with it is refused if that has changed."""

    connection: str
    connector: str
    tool: str
    title: str
    description: str
    input_schema: dict[str, Any]
    effect: str
    pin: str


class Tools(Protocol):
    """The tools of the workspace's connections. A connection is named by its name or id."""

    async def find(self, connection: str, tools: Sequence[str] = ()) -> list[FoundTool]:
        """Its tools, or those whose names match (`issues_*`). Raises Rejected: `no_such_connection`, `no_such_tool`."""
        ...

    async def search(self, words: str, *, connections: Sequence[str] = (), limit: int = 10) -> list[FoundTool]:
        """Tools that fit plain words, best first, of these connections or all."""
        ...

    async def list_connectors(self) -> list[dict[str, Json]]:
        """Connections that are there: `{connection, connector, description, tools}` with the number of tools."""
        ...

    async def call(self, connection: str, tool: str, arguments: dict[str, Json], *, pin: str = "") -> Json:
        """Use it. Raises Rejected (`bad_input`, `tool_changed`, `needs_approval`) and what its service answers."""
        ...


class Remembered(TypedDict):
    """An entry of an agent's memory. `trusted`: nothing from outside can have put it there."""

    id: str
    text: str
    trusted: bool


class Memories(Protocol):
    """What an agent, by its definition's id, keeps from run to run."""

    async def recall(self, agent: str, words: str, limit: int) -> list[Remembered]:
        """The entries nearest in meaning; that this run has seen them is kept, for the day they are erased."""
        ...

    async def remember(self, agent: str, text: str, *, trusted: bool) -> str:
        """Keep an entry; its id, the same for one effect key."""
        ...

    async def forget(self, agent: str, id: str) -> bool:
        """Take an entry away; whether it was there."""
        ...


class Context(Protocol):
    """What a block is given to act with. Nothing else of Troupe may be reached from a block."""

    workspace_id: str
    run_id: str
    step: str
    effect_key: str
    seconds_left: float
    http: Http
    model: Models
    files: FileStore
    mail: Mail
    sandbox: Sandbox
    expressions: Expressions
    workflows: Definitions
    agents: Definitions
    tools: Tools
    memory: Memories

    async def compute(self, block: str, given: dict[str, Json]) -> dict[str, Json]:
        """The output of a `cpu` block, made in a worker process: for what was fetched and is much work to read."""
        ...

    def now(self) -> datetime: ...
    def meter(self, used: Usage) -> None: ...
    def tell(self, kind: str, data: Json) -> None:
        """Show transient progress (a token, a percentage) to whoever watches."""
        ...


class ProgramRun(RunContext, Protocol):
    """The run as a block's program sees it: keys stand below its node's, and a step's attempt has a context."""

    def context(self, attempt: Attempt) -> Context:
        """What a step of the program may act with."""
        ...


# ── Model providers: one file in llm/ defines `provider = TheProvider` ──────────────────────────────────────────────


class Message(BaseModel, frozen=True):
    """One turn. `tool` messages answer the call `call_id`; `calls` are what an assistant asked for."""

    role: Literal["system", "user", "assistant", "tool"]
    text: str = ""
    calls: list[ToolCall] = Field(
        default_factory=list["ToolCall"]
    )  # a literal default is copied deeply, by slow code, each time
    call_id: str = ""
    images: list[str] = Field(default_factory=list)  # data: URLs


class ToolCall(BaseModel, frozen=True):
    """A tool the model wants called; `arguments` is the JSON text as it came."""

    id: str
    name: str
    arguments: str


class Tool(BaseModel, frozen=True):
    """A tool offered to the model."""

    name: str
    description: str
    input_schema: dict[str, Any]


class ModelRequest(BaseModel, frozen=True):
    """A question in every provider's words. `max_tokens` is always set, so the price is bounded."""

    model: str = ""
    messages: list[Message]
    tools: list[Tool] = Field(default_factory=list[Tool])
    tool_choice: Literal["auto", "none", "required"] = "auto"
    output_schema: dict[str, Any] | None = None
    max_tokens: int = 2048
    temperature: float | None = None
    stop: list[str] = Field(default_factory=list)
    timeout: float = 120.0
    fallbacks: list[str] = Field(default_factory=list)
    cache: float = 0.0  # seconds that an equal question may be answered as before; 0 asks anew
    whole: bool = False  # nobody watches: a provider may ask for the answer in one piece


@dataclass(frozen=True, slots=True)
class ModelEvent:
    """A piece of a streamed reply; the last one has `finish`."""

    text: str = ""
    call: ToolCall | None = None
    usage: Usage | None = None
    finish: Literal["", "stop", "length", "tools", "filtered"] = ""


class ModelReply(BaseModel, frozen=True):
    """A whole reply. `model` is the one that answered; `cached`: it answered an equal question before."""

    text: str = ""
    calls: list[ToolCall] = Field(default_factory=list["ToolCall"])
    usage: Usage = Usage()
    finish: str = "stop"
    model: str = ""
    cached: bool = False


class Provider(Protocol):
    """A wire format spoken to a model server. Errors are those of the step tree, `retry_after` kept."""

    def stream(self, model: str, request: ModelRequest) -> AsyncIterator[ModelEvent]: ...
    async def embed(self, model: str, texts: list[str]) -> list[list[float]]: ...
    async def models(self) -> list[str]: ...


# ── Connectors: one file in connectors/ defines one Connector ───────────────────────────────────────────────────────


class Action(BaseModel, frozen=True):
    """Something a connector can do: a tool of every connection. `locator` is what `call` needs to find it again.

    `name` is unique in the connection, `[A-Za-z0-9_-]{1,64}`. `hints` are further words that people use for it.
    """

    name: str
    title: str = ""
    description: str
    input_schema: dict[str, Any]
    effect: Effect
    tags: list[str] = []
    hints: str = ""
    locator: dict[str, Any] = {}


class Link(Protocol):
    """A connection, opened for one use. Its credential reaches the hosts it is bound to and nothing else."""

    config: Any  # the connector's Config
    credential: Any  # the connector's Credential, or None; its fields are SecretStr
    http: Http  # without the credential
    files: FileStore
    commands: Sequence[str]  # programs of this machine that the operator lets connectors start
    effect_key: str
    seconds_left: float

    async def request(
        self, method: str, url: str, *, params: Any = None, headers: Any = None, json: Any = None,
        content: bytes | None = None, max_bytes: int = 10_000_000,
    ) -> HttpResponse:  # fmt: skip
        """Send with the connector's `sign`, where the URL's host is one the credential is bound to; else Rejected.

        Answers of 400 and above raise the step error that the status means.
        """
        ...

    async def remember(self, key: str, value: str, seconds: float) -> None:
        """Keep something short for this connection (an access token), encrypted; it may be lost at any time."""
        ...

    async def recall(self, key: str) -> str | None:
        """What was kept. If a request signed with it is answered 401, it is forgotten and signed anew, once."""
        ...

    async def renew(self, **fields: str) -> None:
        """Put what the far side has replaced (a refresh token) into the credential, for good."""
        ...

    async def compute(self, given: Json) -> Json:
        """What the connector's `heavy` makes of it, in a worker process. Raises TimedOut, Rejected."""
        ...


@dataclass(frozen=True)
class Consent:
    """Where a person grants access to their account (RFC 6749 4.1): the page, what it is asked, who redeems a code.

    `keeps` is the field of the credential that is filled: `token` where access tokens do not end. `basic`: the client
    goes in a header (RFC 6749 2.3.1), the rest as JSON, and there is no proof of who asked first (PKCE).
    """

    page: str
    asked: Mapping[str, str]
    token_url: str
    keeps: Literal["refresh_token", "token"] = "refresh_token"
    basic: bool = False


class Connector:
    """A kind of outside service. The docstring is its description. One file, one subclass.

    `Config` and `Credential` are forms: what a person fills in to connect; secrets are SecretStr fields of Credential.
    """

    title: ClassVar[str]
    category: ClassVar[str] = "developer"
    Config: ClassVar[type[Fields]]
    Credential: ClassVar[type[Fields] | None] = None

    def check(self, config: Any, credential: Any) -> list[Problem]:
        """What is wrong with the two together, by paths like `/config/url` and `/credential/token`."""
        return []

    def consent(self, config: Any) -> Consent | None:
        """Where a person grants what the credential's `refresh_token` then stands for; None where nobody does."""
        return None

    def heavy(self, given: Json) -> Json:
        """Much work without the world, for `link.compute`."""
        raise NotImplementedError

    def hosts(self, config: Any) -> list[str]:
        """Where the credential may be sent: `host` (https, port 443), `host:port`, `*.host` for those below one."""
        raise NotImplementedError

    async def sign(self, link: Link) -> dict[str, str]:
        """The headers that say who we are, for a request to one of `hosts`. Only asked where there is a credential."""
        return {}

    def failure(self, answer: HttpResponse) -> StepFailed | None:
        """What an answer of 400 and above stands for, where its status alone does not say it; `link.request` raises."""
        return None

    async def actions(self, link: Link) -> list[Action]:
        """All that it can do with this configuration: asked when it is connected, and when a person refreshes it."""
        raise NotImplementedError

    async def call(self, link: Link, action: Action, arguments: dict[str, Any]) -> Json:
        """Do it. Raises the step errors; NotDone (or a child) where nothing happened outside."""
        raise NotImplementedError

    async def test(self, link: Link) -> str:
        """Try the connection without an effect; one sentence that says as whom we are connected."""
        raise NotImplementedError
