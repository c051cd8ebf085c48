"""What may go wrong in a city: stores close, kitchens burn, riders go off line, and everybody orders at once."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from delivsim.domain.config import Config
from delivsim.domain.fault_times import FaultTimes
from delivsim.domain.units import PositiveDistance, Share


class NearConfig(Config):
    """A circle."""

    x: float
    """Its center: metres from the city's west, or degrees east."""
    y: float
    """Its center: metres from the city's south, or degrees north."""
    within: PositiveDistance
    """Its radius, as the crow flies."""


class _Somewhere(FaultTimes):
    zone: str | None = None
    """Only those of this zone."""
    near: NearConfig | None = None
    """Only those within a circle: stores that stand in it, riders who are in it as it begins."""
    share: Share | None = None
    """Only this share of them, drawn by chance each time."""


class _AtStores(_Somewhere):
    stores: tuple[str, ...] = ()
    """Only the stores of these ids; without any of these four: every store."""


class StoreClosedFault(_AtStores):
    """Stores close: they take no new orders (409, reason ``closed``), and finish what they have."""

    kind: Literal["store_closed"]
    """New orders of the stores are refused until they open again; those taken before are cooked."""


class KitchenFireFault(_AtStores):
    """Kitchens burn: they close, and all they are cooking or have promised to cook is lost."""

    kind: Literal["kitchen_fire"]
    """Their orders that are not ready are cancelled (reason ``fire``), refunded, and their customers told."""


class RidersOfflineFault(_Somewhere):
    """Riders go off line for a while, in the middle of their shifts."""

    kind: Literal["riders_offline"]
    """Whoever is at work when it begins gets no offers until it ends; those with food on board deliver it."""
    riders: tuple[str, ...] = ()
    """Only the riders of these ids; without any of these four: every rider."""
    orders: Literal["give_back", "finish"] = "give_back"
    """give_back: accepted orders not yet picked up go to others; finish: they are fetched and delivered first."""


class DeadZoneFault(FaultTimes):
    """Riders' apps have no reception: what they report comes late, in a burst, in order."""

    kind: Literal["dead_zone"]
    """Positions and statuses wait in the app until its rider is out of it or it is over, and so do offers to him."""
    near: NearConfig | None = None
    """Where there is no reception; without it everywhere."""


class DemandSurgeFault(FaultTimes):
    """More is ordered than usual: a match ends, it begins to rain."""

    kind: Literal["demand_surge"]
    """Orders placed while it would last come ``factor`` times as often, in a given instance as well."""
    factor: Annotated[float, Field(gt=1, le=1000)]
    """How many times as many orders; those that come on top are drawn like the others of that time."""


CityFault = StoreClosedFault | KitchenFireFault | RidersOfflineFault | DeadZoneFault | DemandSurgeFault
