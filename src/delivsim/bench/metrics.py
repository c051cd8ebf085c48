"""What policies are judged by, and the published optima that figures are held against."""

from __future__ import annotations

from typing import NamedTuple


class Metric(NamedTuple):
    """A column of the rows: what tables call it, the factor and the decimals it is shown with; less is better."""

    column: str
    label: str
    factor: float = 1.0
    decimals: int = 2

    def shown(self, value: float, *, signed: bool = False) -> str:
        """Write a value as tables do."""
        if value != value:
            return "-"
        text = f"{value * self.factor:{'+' if signed else ''}.{self.decimals}f}"
        return text if float(text) else f"{0:.{self.decimals}f}"


METRICS = (
    Metric("undelivered_share", "undelivered %", 100.0, 3),
    Metric("click_to_door_mean", "click-to-door"),
    Metric("click_to_door_p90", "click-to-door p90"),
    Metric("click_to_door_overage_mean", "overage", 1.0, 3),
    Metric("ready_to_pickup_mean", "ready-to-pickup", 1.0, 3),
    Metric("cost_per_order", "cost/order"),
)
"""The metrics that policies are compared by: minutes, shares, and the instance's money per order placed."""

METRIC = {metric.column: metric for metric in METRICS}

_VARIANTS = tuple(f"{t}{s}{p}" for t in ("t100", "t75") for s in ("s1", "s2") for p in ("p100", "p125"))
_HALF_ORDERS = (
    (29.81, 1.46), (33.40, 1.23), (28.96, 0.64), (32.60, 0.53), (27.49, 0.96), (31.10, 0.78), (26.83, 0.30),
    (30.52, 0.24),
)  # fmt: skip
_HALF_RESTAURANTS = (
    (30.76, 1.13), (34.66, 0.97), (29.93, 0.43), (33.86, 0.26), (28.47, 0.67), (32.45, 0.55), (27.95, 0.21),
    (32.00, 0.16),
)  # fmt: skip

OPTIMA = {f"0o50{v}": figures for v, figures in zip(_VARIANTS, _HALF_ORDERS, strict=True)} | {
    f"0r50{v}": figures for v, figures in zip(_VARIANTS, _HALF_RESTAURANTS, strict=True)
}
"""
Mean click-to-door and ready-to-pickup, in minutes, of the optimum with perfect information, by instance.

Yildiz and Savelsbergh (2019), "Provably high-quality solutions for the meal delivery routing problem",
Transportation Science 53(5). No dispatcher that cannot see the future can do better than the first figure.
"""
