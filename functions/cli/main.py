"""The commands, one line each, and what becomes of their errors."""

import contextlib
import os
import sys
from importlib import import_module
from io import TextIOWrapper
from typing import Any

import typer
from typer.core import TyperGroup

from troupe.base.errors import BadInput, TroupeError

COMMANDS = {
    "up": "Start Troupe here, in one process.",
    "run": "Run a workflow: a file, or the name of one that is kept.",
    "runs": "List, watch and steer runs.",
    "agent": "Check, list and compare agents, and talk to one.",
    "workflow": "Check, list and compare workflows.",
    "plan": "Say what `apply` would change.",
    "apply": "Make the workspace what a folder's files say.",
    "approvals": "Decide what waits for a person.",
    "provider": "Where models come from, and their keys.",
    "connection": "Accounts at outside services, and their tools.",
    "blocks": "What workflows are made of.",
    "token": "Make, list and revoke API tokens.",
    "member": "The people of the workspace.",
    "checkpoints": "The places where a test may kill the process.",
    "doctor": "Check this machine, and name what to fix.",
    "login": "Use a Troupe elsewhere, or print a new sign-in link of the one here.",
}
EXITS = {400: 2, 409: 2, 413: 2, 422: 2, 401: 4, 403: 4, 404: 4}


class Commands(TyperGroup):
    """Imports a command when it is used; `commands/NAME.py` has `app`, or one function of that name."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module: Any = import_module(f"functions.cli.commands.{cmd_name}")
        command = typer.main.get_command(module.app if hasattr(module, "app") else _alone(module, cmd_name))
        command.name, command.help = cmd_name, COMMANDS[cmd_name]
        return command


def _alone(module: Any, name: str) -> typer.Typer:
    made = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    made.command(name)(getattr(module, name))
    return made


app = typer.Typer(
    cls=Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
)


@app.callback()
def troupe() -> None:
    """Build, run, check and watch AI agents."""


def exit_code(wrong: TroupeError) -> int:
    """The exit code of an error."""
    return EXITS.get(wrong.status, 3)


def main() -> None:
    """Run a command; a failure is one sentence on standard error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        app(prog_name="troupe")
        sys.stdout.flush()
    except TroupeError as wrong:
        _tell(wrong)
        sys.exit(exit_code(wrong))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # `| head` has seen enough; Python would complain once more at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    except OSError as wrong:
        where = f" ({wrong.filename})" if wrong.filename else ""
        sys.stderr.write(f"The operating system refuses: {wrong.strerror or wrong}{where}.\n")
        sys.exit(3)
    except Exception as wrong:
        _defect(wrong)
        sys.exit(3)


def _defect(wrong: Exception) -> None:
    """A mistake of ours: where it happened goes to a file, not to the person."""
    import traceback

    from functions.cli.home import prepare
    from troupe.base.log import redact
    from troupe.base.settings import read_settings

    told = "".join(traceback.format_exception(wrong))
    where = ""
    with contextlib.suppress(OSError, TroupeError):
        home = read_settings().home
        prepare(home)
        (home / "defect.log").write_text(redact(told))
        where = f" {home / 'defect.log'} says where."
    sys.stderr.write(f"Something in Troupe itself failed ({type(wrong).__name__}).{where}\n")


def _tell(wrong: TroupeError) -> None:
    from functions.cli.show import plain

    lines = [plain(f"{wrong.message}{' ' + wrong.hint if wrong.hint else ''}")]
    problems = wrong.problems if isinstance(wrong, BadInput) else []
    if len(problems) > 1 or any(p.line or p.hint for p in problems):
        from functions.cli.show import problem_line

        lines += [f"  {problem_line(vars(p))}" for p in problems]
    sys.stderr.write("\n".join(lines) + "\n")
