"""A company's week, invented: evenings that pass midnight, busier on some days than on others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from delivsim.scenario.imports.bring import import_export
from delivsim.scenario.imports.export import Export
from delivsim.scenario.imports.write import write_import

Week = Callable[..., pd.DataFrame]
FIRST = datetime(2026, 11, 16, 18)
"""A Monday, six in the evening."""


@pytest.fixture
def week() -> Week:
    """Give the orders of so many evenings from 18:00 to 2:00 as a company exports them."""

    def made(levels: list[float], per_day: int = 240, seed: int = 1, **more: object) -> pd.DataFrame:
        rng = np.random.default_rng(seed)
        rows = []
        for day, level in enumerate(levels):
            n = rng.poisson(per_day * level)
            for k, hours in enumerate(np.sort(rng.uniform(0, 8, n))):
                placed = FIRST + timedelta(days=day, hours=float(hours))
                store, cooked = int(rng.integers(0, 6)), rng.gamma(6.25, 840 / 6.25)
                ready = placed + timedelta(seconds=cooked)
                way = rng.uniform(500, 4000)
                rows.append(
                    {
                        "order_id": f"{day}-{k}",
                        "created_at": placed,
                        "store": f"s{store}",
                        "store_x": 1000.0 * store,
                        "store_y": 0.0,
                        "x": 1000.0 * store,
                        "y": way,
                        "items": int(rng.integers(1, 4)),
                        "ready_at": ready,
                        "assigned_at": placed + timedelta(seconds=60),
                        "picked_up_at": ready + timedelta(seconds=60),
                        "delivered_at": ready + timedelta(seconds=180 + way / 4),
                        "courier": f"r{k % (4 + 2 * (day % 3))}",
                        **more,
                    }
                )
        return pd.DataFrame(rows)

    return made


@pytest.fixture
def imported(tmp_path: Path) -> Callable[[pd.DataFrame, str], Path]:
    """Import a table of orders into a folder of that name."""

    def done(orders: pd.DataFrame, name: str = "week") -> Path:
        path = tmp_path / f"{name}.csv"
        orders.to_csv(path, index=False)
        write_import(import_export(Export(orders=path, timezone="America/Bogota")), tmp_path / name)
        return tmp_path / name

    return done
