"""What the estimate of the offered load leaves out of a scenario, in words."""

from __future__ import annotations

from collections.abc import Iterator

from delivsim.experiment.city_calls import Town


def left_out(town: Town) -> tuple[str, ...]:
    """Name what a city does that the estimate knows nothing of; empty where it knows all."""
    return tuple(_left_out(town))


def _left_out(town: Town) -> Iterator[str]:
    stores, riders = town.instance.stores, town.behavior.riders
    facts = town.behavior.kitchens.preparation_starts == "given"
    if not facts and any(store.cooks is not None for store in stores):
        yield "waiting for a cook in busy kitchens"
    if any(store.opening for store in stores):
        yield "orders at closed stores"
    if any(store.stock for store in stores):
        yield "what runs out"
    if riders.acceptance is not None:
        yield "how way and pay change acceptance"
    if riders.leave_early > 0:
        yield "riders who go home early"
