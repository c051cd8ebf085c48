"""Kinds of parameters of dispatchers outside delivsim."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator

from delivsim.dispatch.known import ASKABLE
from delivsim.dispatch.outside.http_line import Secret
from delivsim.dispatch.policies import POLICIES
from delivsim.domain.units import near_miss, shown

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HUSHED = re.compile("auth|cookie|token|key|secret|passw", re.IGNORECASE)
_OURS = frozenset({"host", "content-length", "content-type", "transfer-encoding", "connection"})


def _url(url: str) -> str:
    rule = "must be an address such as http://127.0.0.1:8080/decide"
    if not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError(f"{rule}, got {shown(url)}")
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and not parts.fragment
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"{rule}, got {shown(url)}")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must hold no user and password; put them in headers, as {env: NAME}, got one that does")
    return url


def _headers(headers: Any) -> dict[str, str | Secret]:
    if not isinstance(headers, Mapping):
        raise ValueError(f"must be a map of names and values, got {shown(headers)}")
    return {_name(name): _header(name, value) for name, value in headers.items()}


def _name(name: Any) -> str:
    if not isinstance(name, str) or not _TOKEN.fullmatch(name) or name.lower() in _OURS:
        raise ValueError(f"must have names of headers that may be set, got {shown(name)}")
    return name


def _header(name: str, value: Any) -> str | Secret:
    if isinstance(value, Secret):
        return value
    if isinstance(value, Mapping) and value.keys() == {"env"} and _VARIABLE.fullmatch(str(value["env"])):
        return Secret(str(value["env"]))
    if not isinstance(value, str) or not value.isascii() or not value.isprintable():
        raise ValueError(f"{name}: must be a text or {{env: NAME}}, got {shown(value)}")
    if _HUSHED.search(name):
        raise ValueError(f"{name}: must be {{env: NAME}}, a variable of the environment, got a secret in plain text")
    return value


def _command(command: Any) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(command)) if isinstance(command, str) else tuple(command)
    except (TypeError, ValueError):
        words = ()
    if not words or not all(isinstance(word, str) and "\0" not in word for word in words) or not words[0]:
        raise ValueError(f"must be a program and its arguments, as a text or a list of texts, got {shown(command)}")
    return words


def _fallback(name: str) -> str:
    if name not in POLICIES:
        rule = f"must be null or one of {', '.join(POLICIES)}"
        raise ValueError(f"{rule}, got {shown(name)}{near_miss(name, [*POLICIES])}")
    return name


def _asks(asks: Any) -> frozenset[str]:
    given = [asks] if not isinstance(asks, list | tuple | set | frozenset) else list(asks)
    for one in given:
        if one not in ASKABLE:
            raise ValueError(f"must be a list of {', '.join(ASKABLE)}, got {shown(one)}{near_miss(one, [*ASKABLE])}")
    return frozenset(given)


Url = Annotated[str, AfterValidator(_url)]
"""An address of HTTP or HTTPS, without secrets in it."""
Headers = Annotated[dict[str, str | Secret], BeforeValidator(_headers)]
"""Headers of HTTP; a value is a text, or ``{env: NAME}`` for what a variable of the environment holds."""
Command = Annotated[tuple[str, ...], BeforeValidator(_command)]
"""A program and its arguments, as a list or as a text to be cut at its blanks."""
Fallback = Annotated[str, AfterValidator(_fallback)] | None
"""The name of a policy of delivsim, or None."""
Asks = Annotated[frozenset[str], BeforeValidator(_asks)]
"""What is told besides open orders and riders."""
