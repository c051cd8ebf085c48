"""What commands say: results on standard output, complaints on standard error."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text


def say(what: str | Text) -> None:
    """
    Print a result; styled text keeps its colors on a terminal.

    A reader who has seen enough (``delivsim report @last --text | head``) is no failure: the rest is dropped and the
    command goes on to its own exit code.
    """
    text = what if isinstance(what, str) else _colored(what)
    try:
        print(text.rstrip("\n"), flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(text: str) -> None:
    """Print a finished message for a person, on standard error."""
    print(text, file=sys.stderr, flush=True)


def _colored(text: Text) -> str:
    from rich.console import Console

    console = Console(highlight=False)
    with console.capture() as capture:  # not printed by rich, which ends the program when nobody reads on
        console.print(text, soft_wrap=True)
    return capture.get()
