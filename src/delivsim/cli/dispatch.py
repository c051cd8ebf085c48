"""``delivsim dispatch``: a policy as a service, for platforms and programs in any language."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from typing import Annotated

import typer

from delivsim.cli.output import say
from delivsim.cli.policies import Changes, own_code

app = typer.Typer(no_args_is_help=True, help="Serve a dispatch policy.")


@app.callback()
def dispatch() -> None:
    """Serve a dispatch policy."""


@app.command()
def serve(
    policy: Annotated[str, typer.Option(help="A policy of ours, or module:Class.")] = "lookahead",
    changes: Changes = None,
    host: Annotated[str, typer.Option(help="Where to listen; 0.0.0.0: everywhere.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one.")] = 8080,
    seed: Annotated[int, typer.Option(min=0, help="Of the policy's random numbers.")] = 0,
) -> None:
    """
    Answer problems with assignments over HTTP, until Ctrl-C.

    POST /decide takes a problem and gives an assignment (422 with every mistake where it is none); GET /health tells
    the policy, GET /schema the JSON Schema of both.
    """
    from delivsim.dispatch.config import make_policy
    from delivsim.dispatch.outside.server import Server
    from delivsim.errors import InputError
    from delivsim.scenario.dispatch_alone import dispatch_of

    own_code()
    made = make_policy(dispatch_of(policy, changes or ()))
    try:
        server = Server(made, policy, host, port, seed=seed)
    except OSError as error:
        raise InputError(f"--host {host} --port {port}: cannot listen there: {error.strerror or error}") from None
    with server, _until_told():
        say(f"{policy} decides at {server.address}; Ctrl-C ends it")
        server.serve_forever()
    say(f"{server.n_decided} problems decided")


@contextlib.contextmanager
def _until_told() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the block well."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            yield
    finally:
        signal.signal(signal.SIGTERM, before)
