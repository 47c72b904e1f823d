"""Words that people say for what services call otherwise. One table, for every connector."""

_DOING: list[tuple[str, str]] = [
    ("add make new open start set put post write file raise publish", "create add"),
    ("let allow permit grant give", "add update"),
    ("make build generate draft compose", "create"),
    ("remove erase drop delete rid discard clear unset", "delete remove"),
    ("show see view read fetch get look retrieve display what whats which", "get list"),
    ("list", "list"),
    ("find look lookup search", "search list get"),
    ("change edit modify rename alter adjust fix save close reopen mark", "update"),
    ("save store upload push", "create update upload"),
    ("send reply message answer", "create send comment"),
    ("stop abort kill halt end cancel", "cancel stop"),
    ("run again retry rerun", "run rerun trigger"),
    ("start launch trigger", "dispatch trigger run"),
    ("download export", "download get"),
    ("ask", "request"),
    ("assign", "assignee add"),
    ("approve accept", "review approve"),
    ("invite", "invitation create"),
]
_CALLED: list[tuple[str, str]] = [
    ("all every who", "list"),
    ("newest last recent current", "latest"),
    ("who people person somebody someone anybody colleague colleagues", "user member collaborator"),
    ("i me logged", "authenticated"),
    ("repo repos project", "repository"),
    ("pr prs", "pull request"),
    ("ticket tickets bug bugs task tasks", "issue"),
    ("organisation organization company", "org organization"),
    ("ci pipeline build", "workflow action run"),
    ("starred star favourite favorite", "star stargazer"),
    ("likes thumbs emoji", "reaction"),
    ("follow follows", "follower"),
    ("snippet", "gist"),
    ("diff difference", "compare"),
    ("history", "commit list"),
    ("hand manually", "manual dispatch"),
    ("mail email mails", "message mail"),
    ("meeting appointment", "event"),
    ("customer client buyer", "contact customer"),
    ("document page note", "page document"),
    ("left remaining", "limit rate"),
    ("outdated vulnerable vulnerability", "dependabot alert"),
    ("zip tarball", "archive"),
]
SHARES = (0.7, 0.55, 0.45)  # of what the word itself would count: of the likeliest, of the next, of the rest
ASKED = {"list": 0.55, "get": 0.45}  # who names a thing and no deed wants to see it


def _table() -> dict[str, dict[str, float]]:
    made: dict[str, dict[str, float]] = {}
    for said, called in [*_DOING, *_CALLED]:
        for word in said.split():
            for place, other in enumerate(o for o in called.split() if o != word):
                share = SHARES[min(place, len(SHARES) - 1)]
                made.setdefault(word, {})[other] = max(share, made.get(word, {}).get(other, 0.0))
    return made


_TABLE = _table()
_OBJECTS = frozenset(
    ["a", "an", "the", "my", "this", "that", "our", "your", "some", "somebody", "someone", "it", "him", "her", "them"]
)
_DEEDS = frozenset(word for said, _ in _DOING for word in said.split())


def also(word: str) -> dict[str, float]:
    """Other words for one, each with the share that it counts. Who did something is one who does it."""
    doers = {word[:-2] + "or": 0.7, word[:-1] + "r": 0.7} if word.endswith("ed") and len(word) > 4 else {}
    return {**doers, **_TABLE.get(word, {})}


def is_deed(words: list[str]) -> bool:
    """Whether words say what to do: one that is known to, or one before what it is done to."""
    return bool(_DEEDS.intersection(words)) or (len(words) > 1 and words[1] in _OBJECTS)
