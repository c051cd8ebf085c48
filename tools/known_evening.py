"""
A known evening, exported as a company would, disguised and damaged: what import and fit must find again.

Used by ``tools/proof.py`` and by the tests; also a command: ``python tools/known_evening.py FOLDER [ORDERS_PER_HOUR]``
writes such an export to try `delivsim import` on.
"""

from __future__ import annotations

import csv
import json
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

PREPARATION_MEAN, PREPARATION_CV, ACCEPT = 840.0, 0.4, 0.85
BROKEN = 0.02
"""Share of rows that are damaged."""
RENAMED = {
    "order_number": "Pedido",
    "created_at": "ts_0",
    "merchant_id": "Restaurant ID",
    "pickup_x": "restaurantX",
    "pickup_y": "restaurantY",
    "customer_id": "client",
    "item_count": "qty",
    "confirmed_at": "Sent To Store",
    "food_ready_at": "t_listo",
    "courier_id": "driver",
    "courier_assigned_at": "Driver Accepted",
    "arrived_at_store": "courierAtStore",
    "delivered_at": "dropoff_time",
    "canceled_at": "cancellation",
}
MAPPED = ("placed_at=ts_0", "ready_at=t_listo")
"""What nobody could guess."""


def scenario_text(per_hour: float, riders: int, seed: int = 11) -> str:
    """Write a scenario of four hours whose laws are known; the middle two are twice as busy as the others."""
    quiet, busy = f"{per_hour:g}/h", f"{2 * per_hour:g}/h"
    return f"""\
name: known-evening
seed: {seed}
starts_at: 2026-11-20T18:00
timezone: America/Bogota
horizon: 4h
city:
  demand: {{rate: {{"18:00": {quiet}, "19:00": {busy}, "21:00": {quiet}}}, basket: {{kind: uniform, low: 1, high: 4}}}}
  stores: {{count: 60, clusters: 5}}
  kitchens:
    preparation_starts: on_order
    preparation: {{kind: gamma, mean: {PREPARATION_MEAN:g}s, cv: {PREPARATION_CV}}}
  customers: {{patience: {{kind: normal, mean: 70min, sd: 20min}}, declined_card: 1%}}
  riders:
    accept: {ACCEPT:.0%}
    think_time: {{kind: lognormal, p50: 8s, p99: 30s}}
    shifts:
      - {{start: "18:00", end: "22:30", riders: {riders}}}
      - {{start: "19:00", end: "21:30", riders: {riders}}}
dispatch: {{policy: linear_assignment, every: 30s}}
"""


Row = list[str]


class Damage(NamedTuple):
    """One way in which a row can be broken: its cells by column, or its text."""

    name: str
    cells: Callable[[dict[str, str], dict[str, str]], None] | None = None
    text: Callable[[bytes], bytes] | None = None


def _set(column: str, value: str) -> Callable[[dict[str, str], dict[str, str]], None]:
    return lambda row, _: row.update({column: value})


DAMAGES = (
    Damage("no time", _set("ts_0", "")),
    Damage("a time that is none", _set("ts_0", "2026-11-31 20:15")),
    Damage("no store", _set("Restaurant ID", "NULL")),
    Damage("a store that is not there", _set("Restaurant ID", "s9999")),
    Damage("a place that is no number", _set("dropoff_x", "12a4.5")),
    Damage("a place far away", _set("dropoff_y", "90000000")),
    Damage("an order given twice", lambda row, earlier: row.update({"Pedido": earlier["Pedido"]})),
    Damage("delivered before it was placed", _set("dropoff_time", "2026-11-20T12:00:00-05:00")),
    Damage("less than no units", _set("qty", "-1")),
    Damage("half a unit", _set("qty", "2.5")),
    Damage("cells missing", text=lambda text: text[: len(text) // 2].rsplit(b",", 1)[0]),
    Damage("a cell too many", text=lambda text: text + b",oops"),
    Damage("a quote left open", text=lambda text: b'"' + text),
    Damage("bytes that are no text", text=lambda text: text[:-1] + b"\xff\xfe" + text[-1:]),
)


def disguise(company: Path, seed: int = 1) -> dict[int, str]:
    """
    Rename, shuffle and damage ``orders.csv`` of a company's export, in place.

    Returns
    -------
    The line of every damaged row, and how it was damaged.
    """
    path, rng = company / "orders.csv", random.Random(seed)
    with path.open(newline="", encoding="utf-8") as file:
        rows = [{RENAMED.get(name, name): cell for name, cell in row.items()} for row in csv.DictReader(file)]
    columns = list(rows[0])
    rng.shuffle(columns)
    rng.shuffle(rows)
    chosen = sorted(rng.sample(range(1, len(rows)), max(len(DAMAGES), round(BROKEN * len(rows)))))
    damaged = {i: DAMAGES[k % len(DAMAGES)] for k, i in enumerate(chosen)}
    lines = [",".join(columns).encode()]
    for i, row in enumerate(rows):
        damage = damaged.get(i)
        if damage is not None and damage.cells is not None:
            damage.cells(row, next(rows[k] for k in range(i) if k not in damaged))
        text = ",".join(row[column] for column in columns).encode()
        lines.append(damage.text(text) if damage is not None and damage.text is not None else text)
    path.write_bytes(b"\n".join(lines) + b"\n")
    return {i + 2: damage.name for i, damage in damaged.items()}


def main(folder: Path, per_hour: float = 830.0) -> int:
    """Simulate the evening (5,000 orders unless told), save the run, export it, disguise and damage the export."""
    import delivsim as ds
    from delivsim.experiment.company import export_company

    folder.mkdir(parents=True, exist_ok=True)
    scenario = folder / "known.yaml"
    scenario.write_text(scenario_text(per_hour, round(0.4 * per_hour)), encoding="utf-8")
    result = ds.run(ds.load_scenario(scenario), out=folder / "run")
    export_company(result, folder)
    damaged = disguise(folder)
    (folder / "damaged.json").write_text(json.dumps(damaged, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"Wrote an export of {len(result.orders):,} orders, {len(damaged)} rows damaged, to {folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *map(float, sys.argv[2:])))
