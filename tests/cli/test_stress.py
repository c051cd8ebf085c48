"""``delivsim stress`` from the command line."""

from __future__ import annotations

import json

from delivsim.cli.exits import Exit

TOWN = """\
name: two tiers
horizon: 10min
platform:
  services:
    web: {workers: 4, operations: {page: {steps: [{work: 5ms}, {call: db.query}]}}}
    db: {workers: 1, operations: {query: {steps: [{work: {kind: exponential, mean: 50ms}}]}}}
  workloads: [{kind: open, name: visitors, operation: web.page, rate: 8}]
"""


def test_what_breaks_first_is_told_kept_and_drawn(command, tmp_path) -> None:
    """A table, the same as data, and a picture; the second time nothing is run again."""
    (tmp_path / "it.yaml").write_text(TOWN)
    few = ("--steps", "4", "--seeds", "1", "--refine", "1", "--jobs", "1", "-o", tmp_path / "out")
    ended = command("stress", tmp_path / "it.yaml", *few, "--slo", "page p99 < 900ms")
    assert ended.code == Exit.FINE
    assert "operation page breaks first" in ended.out
    assert (tmp_path / "out" / "stress.png").stat().st_size > 20_000
    kept = json.loads((tmp_path / "out" / "stress.json").read_text())
    looks = len(list((tmp_path / "out" / "looks").iterdir()))
    again = command("stress", tmp_path / "it.yaml", *few, "--slo", "page p99 < 900ms", "--format", "json")
    assert json.loads(again.out) == kept
    assert len(list((tmp_path / "out" / "looks").iterdir())) == looks >= 5


def test_what_makes_no_sense_is_refused(command, tmp_path) -> None:
    """Objectives nobody knows, ramps the wrong way, riders where there are none."""
    (tmp_path / "it.yaml").write_text(TOWN)
    for arguments, said in (
        (("--slo", "page p98 < 1s"), "--slo"),
        (("--from", "2", "--to", "1"), "load is added"),
        (("--riders",), "no riders to take away"),
    ):
        wrong = command("stress", tmp_path / "it.yaml", *arguments, "-o", tmp_path / "out")
        assert (wrong.code, said in wrong.err) == (Exit.USAGE, True), arguments
