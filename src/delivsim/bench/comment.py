"""The gate's verdict as a pull request's comment, as JUnit, and for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree import ElementTree

from delivsim.bench.metrics import METRIC
from delivsim.bench.tables import Table
from delivsim.bench.verdict import Change, Verdict

WORDS = {"worse": "**worse**", "better": "better", "noise": "within chance or noise", "same": "unchanged"}
HEAD = ("policy", "metric", "old", "new", "difference", "95 % interval", "noise band", "")


def markdown(verdict: Verdict) -> str:
    """Write the verdict first, then only what moved, the worst instances, and the full table folded away."""
    lines = [f"### {headline(verdict)}", ""]
    lines += [f"- {finding.text}" for finding in verdict.findings]
    lines += _commands(verdict)
    moved = verdict.moved
    if moved:
        lines += ["", changes_table("What moved", moved).markdown()]
    else:
        lines += ["", "No figure moved."]
    if verdict.speeds:
        speeds = ", ".join(f"{policy} {ratio:.2f}" for policy, ratio in verdict.speeds.items())
        lines += ["", f"CPU time per decision, new over old: {speeds}."]
    lines += ["", *(f"> {note}" for note in verdict.notes)] if verdict.notes else []
    full = changes_table("", verdict.changes).markdown()
    lines += ["", "<details>", f"<summary>All figures, {_size(verdict)}</summary>", "", full, "</details>", ""]
    return "\n".join(lines)


def headline(verdict: Verdict) -> str:
    """Say the verdict in one line."""
    if verdict.ok:
        better = sum(change.kind == "better" for change in verdict.changes)
        told = f"; {better} figures better" if better > 1 else "; one figure better" if better else ""
        return f"Dispatch is as good and as fast as before{told} ({_size(verdict)})"
    n = len(verdict.findings)
    what = "A regression" if n == 1 else f"{n} regressions"
    found: dict[str, dict[str, None]] = {}
    for finding in verdict.findings:
        found.setdefault(finding.policy, {})[_named(finding.what)] = None
    return f"{what} in dispatch: {', '.join(f'{policy} ({_listed(whats)})' for policy, whats in found.items())}"


def _size(verdict: Verdict) -> str:
    n = verdict.n_instances
    return f"suite {verdict.suite}, {n} instance{'s' * (n != 1)}"


def _named(what: str) -> str:
    return METRIC[what].label if what in METRIC else what


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)


def _commands(verdict: Verdict) -> list[str]:
    """Give the commands that show the worst instances again."""
    commands = list(dict.fromkeys(finding.command for finding in verdict.findings if finding.command))
    return ["", "The worst instance again:", "", "```sh", *commands[:5], "```"] if commands else []


def changes_table(title: str, changes: Sequence[Change]) -> Table:
    """Put changes into a table: old, new, difference, interval, noise band."""
    several = len({change.condition for change in changes}) > 1
    rows = []
    for change in changes:
        m, f = change.metric, change.found
        low, high = (m.shown(value, signed=True) for value in (f.difference.low, f.difference.high))
        rows.append(
            (
                change.policy + (f", {change.condition}" if several else ""),
                m.label,
                m.shown(f.old),
                m.shown(f.new),
                m.shown(f.difference.mean, signed=True),
                f"{low} to {high}",
                m.shown(change.band),
                WORDS[change.kind],
            )
        )
    return Table(title, HEAD, tuple(rows), 2)


def text(verdict: Verdict) -> str:
    """Write the verdict for a terminal."""
    lines = [headline(verdict), *(f"  {finding.text}" for finding in verdict.findings)]
    lines += [f"  again: {finding.command}" for finding in verdict.findings[:1] if finding.command]
    if verdict.moved:
        lines += ["", changes_table("What moved", verdict.moved).text().replace("**", "").rstrip()]
    if verdict.speeds:
        lines += ["", "CPU time per decision, new over old: "]
        lines[-1] += ", ".join(f"{policy} {ratio:.2f}" for policy, ratio in verdict.speeds.items())
    return "\n".join([*lines, *verdict.notes])


def junit(verdict: Verdict) -> str:
    """Write the verdict as JUnit: a test case per policy and metric, and one for everything else that fails."""
    suite = ElementTree.Element("testsuite", name=f"delivsim bench check {verdict.suite}")
    failed = {(f.policy, f.what): f for f in verdict.findings}
    names = dict.fromkeys((change.policy, change.metric.column) for change in verdict.changes)
    names |= dict.fromkeys((policy, "speed") for policy in verdict.speeds)
    names |= dict.fromkeys(failed)
    for policy, what in names:
        case = ElementTree.SubElement(suite, "testcase", classname=f"bench.{policy}", name=what)
        finding = failed.get((policy, what))
        if finding is not None:
            ElementTree.SubElement(case, "failure", message=finding.text).text = finding.command
    suite.set("tests", str(len(names)))
    suite.set("failures", str(len(failed)))
    ElementTree.indent(suite)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(suite, encoding="unicode") + "\n"
