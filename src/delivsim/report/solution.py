"""What the strict checker found, as text: every violation, and the published metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from delivsim.report.columns import heading, joined, table, wrapped
from delivsim.report.wording import decimal, listed, percent, plural

if TYPE_CHECKING:
    from delivsim.experiment.mdrplib import SolutionCheck

_NAMED = 12


def solution_text(check: SolutionCheck) -> Text:
    """
    Say whether a solution keeps the strict rules, name every violation, and print the published metrics.

    Parameters
    ----------
    check
        What ``check_solution`` gives; its metrics are in minutes.
    """
    lines = [] if check.ok else [heading(plural(len(check.violations), "violation"))]
    lines += [Text(f"  {problem}") for problem in check.violations]
    lines.append(heading("Clean" if check.ok else "Not clean", "by the strict rules: whole minutes, half services"))
    lines += wrapped(_delivered(check))
    lines += [Text(), *_metrics(check), Text(), *_totals(check)]
    return joined(lines)


def _delivered(check: SolutionCheck) -> str:
    told = f"{check.n_delivered:,} of {plural(check.n_orders, 'order')} delivered"
    return f"{told}; not delivered: {listed(list(check.undelivered), _NAMED)}." if check.undelivered else f"{told}."


def _metrics(check: SolutionCheck) -> list[Text]:
    columns = list(next(iter(check.metrics.values()), {}))
    rows = [[name.replace("_", " "), *(decimal(row[c], 2) for c in columns)] for name, row in check.metrics.items()]
    return table(rows, head=["times in minutes", *columns])


def _totals(check: SolutionCheck) -> list[Text]:
    totals = check.totals
    pay, cost = decimal(totals["total_pay"], 2), decimal(totals["cost_per_order"], 2)
    guarantee = percent(totals["share_on_guarantee"])
    return wrapped(f"Paid {pay} in all, {cost} per order placed; {guarantee} of couriers on the guarantee.")
