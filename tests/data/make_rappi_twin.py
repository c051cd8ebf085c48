"""
Makes invented days in the rappi format, nobody's data: ``tests/data/rappi_twin`` and ``scenarios/data/coast``.

A town of some 8 km around 10 degrees north, 20 degrees east, with lunch, dinner and a late snack that passes
midnight. Run this file to write them anew; the same seed gives the same bytes.
"""

import random
from pathlib import Path

TWIN = {"seed": 31, "n_orders": 60, "n_couriers": 18, "n_stores": 9}
COAST = {"seed": 12, "n_orders": 500, "n_couriers": 160, "n_stores": 45}
NORTH, EAST, SPREAD = 10.0, 20.0, 0.02
DAY = 86400
ORDERS = (
    "order_id", "pick_up_lat", "pick_up_lng", "drop_off_lat", "drop_off_lng", "placement_time", "preparation_time",
    "ready_time", "expected_drop_off_time",
)  # fmt: skip
COURIERS = ("courier_id", "vehicle", "on_lat", "on_lng", "on_time", "off_time")
VEHICLES = ("motorcycle", "motorcycle", "bicycle", "car", "walking")


def tables(seed: int, n_orders: int, n_couriers: int, n_stores: int) -> dict[str, list[list[str]]]:
    """Give the two tables, each a header and its rows of text."""
    rng = random.Random(seed)
    stores = [_place(rng, 0.5) for _ in range(n_stores)]
    orders = sorted((_order(rng, stores) for _ in range(n_orders)), key=lambda row: row[4])
    rows = [[str(i), *row] for i, row in enumerate(orders, start=1)]
    couriers = [_courier(rng, i) for i in range(1, n_couriers + 1)]
    return {"orders.csv": [list(ORDERS), *rows], "couriers.csv": [list(COURIERS), *couriers]}


def _place(rng: random.Random, share: float = 1.0) -> list[str]:
    """Latitude and longitude, as many digits as a satellite gives."""
    return [f"{middle + rng.uniform(-SPREAD, SPREAD) * share:.9f}" for middle in (NORTH, EAST)]


def _order(rng: random.Random, stores: list[list[str]]) -> list[str]:
    peak = rng.choice((45_000, 45_000, 71_000, 71_000, 71_000, 85_000))
    placed = min(DAY - 1, max(0, round(rng.gauss(peak, 2400))))
    begun = placed + rng.randint(20, 90)
    ready = begun + 60 * rng.randint(5, 40)
    promised = placed + 60 * rng.randint(25, 45)
    store = stores[int(rng.random() ** 1.6 * len(stores))]
    return [*store, *_place(rng), *map(_clock, (placed, begun, ready, promised))]


def _courier(rng: random.Random, number: int) -> list[str]:
    on = (30_000, 39_600, 61_200, 66_600)[number % 4] + rng.randint(0, 1800)
    off = on if number == 7 else on + 60 * rng.randint(180, 420)
    return [str(number), VEHICLES[number % 5], *_place(rng), _clock(on), _clock(off)]


def _clock(seconds: int) -> str:
    seconds %= DAY
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def main() -> None:
    """Write both days."""
    here = Path(__file__).parent
    for folder, day in ((here / "rappi_twin", TWIN), (here.parents[1] / "scenarios" / "data" / "coast", COAST)):
        folder.mkdir(parents=True, exist_ok=True)
        for name, rows in tables(**day).items():
            (folder / name).write_text("".join(",".join(row) + "\n" for row in rows), newline="\n")


if __name__ == "__main__":
    main()
