"""What an import did, as text: rows used and dropped and why, columns, what was estimated."""

from __future__ import annotations

import textwrap

from delivsim.report.wording import plural
from delivsim.scenario.imports.export import Imported
from delivsim.scenario.imports.intake import Tally

SHOWN = 20
"""Rejected rows that are shown; all are in the file."""


def import_text(imported: Imported, rejects: str) -> str:
    """Write the report of an import; ``rejects`` is the file that names every rejected row."""
    lines = []
    for tally in imported.tallies:
        lines += _tally(tally)
    if bad := imported.rejects:
        lines += ["", f"Rejected rows ({len(bad):,}; all are in {rejects}):"]
        lines += [f"  {reject.message}" for reject in bad[:SHOWN]]
        if len(bad) > SHOWN:
            lines.append(f"  ... and {len(bad) - SHOWN:,} more")
    if imported.said:
        lines += ["", "Estimated, or assumed because the export does not tell:"]
        for said in imported.said:
            lines += textwrap.wrap(said, 112, initial_indent="  - ", subsequent_indent="    ")
    instance, history = imported.instance, imported.history
    lines += [
        "",
        f"{plural(len(instance.orders), 'order')}, {plural(len(instance.riders), 'shift')} of riders,"
        f" {plural(len(instance.stores), 'store')},"
        f" from {history.starts_at:%Y-%m-%d %H:%M} ({history.timezone}) for {history.horizon / 3600:g} h",
    ]
    return "\n".join(lines)


def _tally(tally: Tally) -> list[str]:
    rejected = len(tally.rejects)
    lines = [
        f"{tally.file}: {plural(tally.n_read, 'row')} = {tally.n_used:,} used + {tally.n_outside:,} outside"
        f" + {rejected:,} rejected"
    ]
    lines += [f"  {n:>7,}  {reason}" for reason, n in sorted(tally.reasons.items(), key=lambda one: (-one[1], one[0]))]
    lines += _wrapped("columns", [f"{field} = {column}" for field, column in tally.columns.items()])
    lines += _wrapped("not used", list(tally.unused))
    lines += [f"  note: {note}" for note in tally.notes]
    return lines


def _wrapped(word: str, names: list[str]) -> list[str]:
    text = f"{word}: {', '.join(names)}"
    return textwrap.wrap(text, 116, initial_indent="  ", subsequent_indent="    ") if names else []
