"""What of an answer has been shown while it came. Pure.

Nothing that was shown can be taken back on these wires. Where an attempt is void and made again, its text is shown on
only as far as it goes on from what was shown; else the stream ends with an error (`answer_changed`).
"""

from troupe.base.errors import TroupeError

BETWEEN = "\n\n"  # the texts of an agent's turns


class Changed(TroupeError):
    """The model began its answer anew and it reads otherwise; the whole one is in the run."""

    status = 502
    retryable = True
    code = "answer_changed"


class Shown:
    """The text of one step after another. Every method gives what is to be shown next, maybe nothing."""

    def __init__(self) -> None:
        self._step = ""
        self._all: list[str] = []
        self._sent: list[str] = []  # of this step
        self._again: str | None = None  # what a second attempt has said so far

    def token(self, step: str, text: str) -> str:
        """One more piece of a step's answer. Raises Changed."""
        if step == self._step and self._again is None:
            self._sent.append(text)
            self._all.append(text)
            return text
        if step != self._step:
            return self._begin(step) + self._show(text)
        self._again = (self._again or "") + text
        return "" if "".join(self._sent).startswith(self._again) else self._ahead(self._again)

    def void(self) -> None:
        """The attempt counts no more."""
        if self._sent:
            self._again = ""

    def ended(self, step: str, text: str) -> str:
        """A step's whole answer, as the journal has it. Raises Changed."""
        if step == self._step:
            return self._ahead(text)
        return self._begin(step) + self._show(text) if text else ""

    def whole(self, text: str) -> str:
        """All of the answer, when its run is over. Raises Changed."""
        return self._ahead_of(self._all, text)

    def _begin(self, step: str) -> str:
        self._step, self._sent, self._again = step, [], None
        if self._all:
            self._all.append(BETWEEN)
        return BETWEEN if self._all else ""

    def _show(self, text: str) -> str:
        self._sent.append(text)
        self._all.append(text)
        return text

    def _ahead(self, whole: str) -> str:
        more = self._ahead_of(self._sent, whole)
        self._again = None
        return self._show(more) if more else ""

    def _ahead_of(self, shown: list[str], whole: str) -> str:
        sent = "".join(shown)
        if not whole.startswith(sent):
            raise Changed
        return whole[len(sent) :]
