"""A company's day, invented: three stores in Bogota, eighty orders from five o'clock on, two riders."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

FIVE = datetime(2026, 11, 20, 17)


def clock(minutes: float) -> str:
    return (FIVE + timedelta(minutes=minutes)).isoformat(sep=" ", timespec="seconds")


@pytest.fixture
def day() -> pd.DataFrame:
    """Eighty orders, five minutes apart: ready after ten, picked up after twelve, delivered after twenty-four."""
    rows = [
        {
            "Order Number": f"A{i:03d}",
            "created": clock(5 * i),
            "restaurant": f"s{i % 3}",
            "restaurantLat": 4.65 + 0.01 * (i % 3),
            "restaurantLng": -74.06,
            "customer_lat": 4.66 + 0.001 * (i % 7),
            "customer_lng": -74.05 - 0.001 * (i % 5),
            "items": 1 + i % 3,
            "food_ready_at": clock(5 * i + 10),
            "picked_up_at": clock(5 * i + 12),
            "delivered_at": clock(5 * i + 24),
            "rider": f"r{i % 2}",
        }
        for i in range(80)
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def export(day: pd.DataFrame, tmp_path: Path) -> Path:
    """The day as a file."""
    path = tmp_path / "orders.csv"
    day.to_csv(path, index=False)
    return path
