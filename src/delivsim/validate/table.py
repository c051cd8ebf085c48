"""Findings as a table: in columns, as Markdown, as data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from delivsim.validate.check import CONFIDENCE, REPLICATIONS, Finding

HEAD = ("case", "what", "exact", f"simulated ({CONFIDENCE:.1%} interval)", "verdict")


def text(findings: Sequence[Finding]) -> str:
    """Write findings in columns, one heading per family."""
    rows = [_cells(finding) for finding in findings]
    widths = [max(len(row[i]) for row in (HEAD, *rows)) for i in range(len(HEAD))]
    lines, family = [_line(HEAD, widths)], ""
    before = ""
    for finding, row in zip(findings, rows, strict=True):
        if finding.family != family:
            family = finding.family
            lines += ["", f"{family} ({_sources(findings, family)})"]
        lines.append(_line(("" if finding.case == before else row[0], *row[1:]), widths))
        before = finding.case
    return "\n".join([*lines, "", closing(findings)])


def closing(findings: Sequence[Finding]) -> str:
    """Say in one sentence how it went."""
    n_cases = len({finding.case for finding in findings})
    bad = [finding for finding in findings if finding.verdict != "holds"]
    said = f"{len(findings) - len(bad)} of {len(findings)} quantities of {n_cases} cases hold"
    if bad:
        said += "; not: " + "; ".join(f"{f.case}: {f.quantity} ({f.verdict})" for f in bad)
    return f"{said}. {REPLICATIONS} replications or more; an interval must hold the exact value and be narrow."


def markdown(findings: Sequence[Finding]) -> str:
    """Write findings as a Markdown table."""
    lines = [f"| family | {' | '.join(HEAD)} |", "|---|---|---|---:|---:|---|"]
    lines += [f"| {finding.family} | {' | '.join(_cells(finding))} |" for finding in findings]
    return "\n".join([*lines, "", closing(findings), ""])


def data(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Give findings as plain data, for JSON."""
    return [
        {
            "family": f.family,
            "case": f.case,
            "source": f.source,
            "quantity": f.quantity,
            "exact": f.exact,
            "simulated": f.simulated,
            "half_width": f.half_width,
            "allowed_half_width": f.allowed,
            "calls_per_replication": f.calls,
            "replications": f.replications,
            "verdict": f.verdict,
        }
        for f in findings
    ]


def _cells(finding: Finding) -> tuple[str, str, str, str, str]:
    half = f"±{finding.half_width / abs(finding.exact):.1%}"
    return finding.case, finding.quantity, f"{finding.exact:.4g}", f"{finding.simulated:.4g} {half}", finding.verdict


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [row[i].rjust(w) if i in (2, 3) else row[i].ljust(w) for i, w in enumerate(widths)]
    return "  ".join(cells).rstrip()


def _sources(findings: Sequence[Finding], family: str) -> str:
    return "; ".join(dict.fromkeys(finding.source for finding in findings if finding.family == family))
