"""
Makes two invented days in the mdrplib format, nobody's data: ``tests/data/mdrplib_twin`` and ``scenarios/data/town``.

A square town of 8 km, a lunch and a dinner peak, stores in the middle, shifts of two or three hours. Run this file
to write them anew; the same seed gives the same bytes.
"""

import random
from pathlib import Path

SEED = 20
N_ORDERS, N_COURIERS, N_STORES = 60, 9, 7
TOWN = {"n_orders": 300, "n_couriers": 90, "n_stores": 25}
SIDE = 8000
PARAMETERS = {
    "meters_per_minute": "320",
    "pickup service minutes": "4",
    "dropoff service minutes": "4",
    "target click-to-door": "40",
    "maximum click-to-door": "90",
    "pay per order": "10",
    "guaranteed pay per hour": "15",
}


def tables(
    seed: int = SEED, n_orders: int = N_ORDERS, n_couriers: int = N_COURIERS, n_stores: int = N_STORES
) -> dict[str, list[list[str]]]:
    """Give the four tables, each a header and its rows of text."""
    rng = random.Random(seed)
    stores = [[f"r{i}", _middle(rng), _middle(rng)] for i in range(1, n_stores + 1)]
    orders = [_order(rng, i, n_stores) for i in range(1, n_orders + 1)]
    couriers = [_courier(rng, i) for i in range(1, n_couriers + 1)]
    return {
        "restaurants.txt": [["restaurant", "x", "y"], *stores],
        "orders.txt": [["order", "x", "y", "placement_time", "restaurant", "ready_time"], *orders],
        "couriers.txt": [["courier", "x", "y", "on_time", "off_time"], *couriers],
        "instance_parameters.txt": [list(PARAMETERS), list(PARAMETERS.values())],
    }


def _middle(rng: random.Random) -> str:
    return str(round(min(SIDE, max(0.0, SIDE / 2 + (rng.random() + rng.random() - 1) * 3500))))


def _anywhere(rng: random.Random) -> str:
    return str(round(rng.random() * SIDE))


def _order(rng: random.Random, number: int, n_stores: int) -> list[str]:
    peak = 60 if rng.random() < 0.4 else 420
    placed = max(0, round(peak + (rng.random() + rng.random() - 1) * 90))
    ready = placed + 10 + int(rng.random() * 15)
    store = f"r{1 + int(rng.random() ** 1.5 * n_stores)}"
    return [f"o{number}", _anywhere(rng), _anywhere(rng), str(placed), store, str(ready)]


def _courier(rng: random.Random, number: int) -> list[str]:
    on = (0, 30, 330, 360, 390)[number % 5]
    return [f"c{number}", _anywhere(rng), _anywhere(rng), str(on), str(on + rng.choice((150, 180, 210)))]


def main() -> None:
    """Write the twin beside this file, and the town beside the scenarios."""
    here = Path(__file__).parent
    _write(here / "mdrplib_twin", tables())
    _write(here.parents[1] / "scenarios" / "data" / "town", tables(**TOWN))


def _write(folder: Path, what: dict[str, list[list[str]]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in what.items():
        (folder / name).write_text("".join("\t".join(row) + "\n" for row in rows), newline="\n")


if __name__ == "__main__":
    main()
