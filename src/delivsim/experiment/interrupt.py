"""Ctrl-C, heard between two events: what it stops is whole, and saving is not cut short by it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def first_interrupt(heard: Callable[[], None]) -> Iterator[None]:
    """
    Let the first Ctrl-C within the block call ``heard`` instead of raising; the second one raises as ever.

    Python raises ``KeyboardInterrupt`` between any two bytecodes, in the middle of a handler or of writing a file.
    Whoever gave Ctrl-C another meaning, and every thread but the main one, is left alone.

    Parameters
    ----------
    heard
        Asks for an end at the next good moment; called between two bytecodes, so it must be short.
    """
    usual = signal.default_int_handler
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGINT) is not usual:
        yield
        return

    def ask(_signal: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, usual)
        heard()

    signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
