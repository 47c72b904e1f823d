"""`demo/demo`: rules, no AI. Offline, deterministic, always there, so that everything runs without a key.

It classifies, extracts to a schema, summarizes, decides, answers from the text it is given, and picks a tool, by the
rules in `_rules/`. Every text it writes says so; a structured answer says so in its `reason` where it has one, and the
reply's model is always `demo/demo (rules, no AI)`.
"""

import re
from collections.abc import AsyncIterator
from typing import Any

from troupe.base.http import Http
from troupe.base.settings import ProviderSettings
from troupe.base.values import dump
from troupe.catalog.contract import Message, ModelEvent, ModelRequest, Tool, ToolCall
from troupe.catalog.llm._rules.classify import classify
from troupe.catalog.llm._rules.fill import Task, fill
from troupe.catalog.llm._rules.find import people, stated
from troupe.catalog.llm._rules.sentences import answer, summarize
from troupe.catalog.llm._rules.vectors import embed
from troupe.catalog.llm._rules.words import spelled, stem, stems, words
from troupe.ports.run import Usage

NOTE = "(demo/demo: rules, no AI)"
HELP = (
    "I found nothing in the given text that answers this. I can classify, extract, summarize, decide and quote from "
    "what I am given; for more, name a real model and set its key."
)
_TAG = re.compile(r"<([a-z_]{2,30})>\n?(.*?)\n?</\1>", re.DOTALL)
_TOLD = re.compile(r"(?m)^\s*[-*]\s*([\w /-]{1,60}?)\s*:\s+(\S.*)$")
_LISTED = re.compile(r"(?i)(?:one of|labels?|categories|options)[^:\n]*:\s*([^\n.]+)")
_REPLIES = {
    "bug": "We are sorry for the trouble. We are looking into it and will write as soon as we know more.",
    "billing": "We are checking the payment details and will come back to you with a clear answer.",
    "praise": "That is lovely to read, and it goes straight to the team.",
    "question": "We are gathering the details and will answer your question shortly.",
    "complaint": "We are sorry. This is not how it should be, and a person will look at it.",
}


class Demo:
    """The rules as a provider."""

    def __init__(self, settings: ProviderSettings | None = None, http: Http | None = None) -> None:
        pass

    async def stream(self, model: str, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """The reply in a few pieces; usage counts words and costs nothing."""
        asked = sum(len(m.text.split()) for m in request.messages)
        if (call := _call(request)) is not None:
            yield ModelEvent(call=call)
            yield ModelEvent(usage=Usage(asked, len(call.arguments.split())), finish="tools")
            return
        text = _reply(request)
        pieces = re.findall(r"\S+\s*", text) or [text]
        for start in range(0, len(pieces), 20):
            yield ModelEvent(text="".join(pieces[start : start + 20]))
        yield ModelEvent(usage=Usage(asked, len(pieces)), finish="stop")

    async def embed(self, model: str, texts: list[str]) -> list[list[float]]:
        """Hashed words and letter groups, 256 numbers a text: like spelling is near, like meaning is not."""
        return [embed(text) for text in texts]

    async def models(self) -> list[str]:
        """The one there is."""
        return ["demo"]


def _reply(request: ModelRequest) -> str:
    task = _read(request.messages)
    if request.output_schema is not None:
        return dump(fill(task, request.output_schema)).decode()
    return f"{_written(task)}\n\n{NOTE}"


def _read(messages: list[Message]) -> Task:
    """The task: what stands between <tags> is the text, the rest says what to do with it."""
    asked = next((m.text for m in reversed(messages) if m.role == "user"), "")
    system = "\n".join(m.text for m in messages if m.role == "system")
    tags: dict[str, str] = dict(_TAG.findall(asked))
    say = _TAG.sub("", asked).strip()
    told = {name.strip(): about for name, about in _TOLD.findall(f"{system}\n{say}")}
    given = "\n\n".join(body for name, body in tags.items() if name not in ("condition", "question", "instruction"))
    given = "\n\n".join([given, *(m.text for m in messages if m.role == "tool")]).strip()
    if not tags and not given:
        head, blank, rest = asked.partition("\n\n") if "\n\n" in asked else asked.partition(":\n")
        say, given = (head, rest) if blank and rest.strip() else (asked, "")
    say = "\n".join(filter(None, (tags.get("instruction", ""), tags.get("question", ""), say)))
    text = given.replace(NOTE, "").strip() or say
    return Task(say=say or system, text=text, told=told, condition=tags.get("condition", ""))


def _written(task: Task) -> str:
    say = task.say.lower()
    if re.search(r"\b(?:summar|shorten|condense|tl;?dr|boil down|main points|key points)", say):
        return summarize(task.text, _sentences_wanted(say))
    if re.search(r"\b(?:classif|categor|label|sort (?:this|the)|which of)", say) and (labels := _labels(task)):
        return classify(task.text, labels).label
    if re.search(r"\b(?:reply|respond|response|draft|answer (?:the|this) (?:mail|e-?mail|message|customer))", say):
        return _letter(task.text)
    return answer(task.say, task.text if task.text != task.say else "") or HELP


def _sentences_wanted(say: str) -> int:
    counts = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "a": 1, "single": 1}
    found = re.search(
        r"\b(\d{1,2}|one|two|three|four|five|a|single)\s+(?:short |plain )*(?:sentence|line|point|bullet)", say
    )
    if found is None:
        return 3
    return max(1, min(int(found[1]) if found[1].isdigit() else counts[found[1]], 10))


def _labels(task: Task) -> dict[str, str]:
    if task.told:
        return task.told
    listed = _LISTED.search(task.say)
    return {x.strip(" \"'"): "" for x in re.split(r",|;|\bor\b", listed[1]) if x.strip(" \"'")} if listed else {}


def _letter(mail: str) -> str:
    who = people(mail)
    about = stated(mail, "subject") or summarize(mail, 1)[:120]
    kind = classify(mail, dict.fromkeys(_REPLIES, "")).label
    name = who[0].value.split()[0] if who else "there"
    return f"Hello {name},\n\nthank you for your message about “{about.rstrip('.')}”. {_REPLIES[kind]}\n\nKind regards"


def _call(request: ModelRequest) -> ToolCall | None:
    """The tool whose name and description share most words with what the user wants; none once it was called."""
    if not request.tools or request.tool_choice == "none":
        return None
    last = max((i for i, m in enumerate(request.messages) if m.role == "user"), default=0)
    called = {c.name for m in request.messages[last:] for c in m.calls}
    wanted = request.messages[last].text if request.messages else ""
    ranked = sorted(((_fit(tool, wanted), -i, tool) for i, tool in enumerate(request.tools)), key=lambda r: r[:2])
    fit, _, best = ranked[-1]
    if best.name in called or (fit < 1.0 and (request.tool_choice != "required" or called)):
        return None
    arguments: Any = fill(Task(say=wanted, text=wanted), best.input_schema)
    return ToolCall(id=f"call_{len(request.messages)}", name=best.name, arguments=dump(arguments).decode())


def _fit(tool: Tool, wanted: str) -> float:
    present = set(stems(wanted))
    named = {stem(w) for w in words(spelled(tool.name))}
    told = set(stems(tool.description)) - named
    return 1.0 * len(named & present) + 0.6 * len(told & present)


provider = Demo
