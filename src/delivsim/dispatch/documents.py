"""The JSON of the port: what a problem and an assignment look like on a file, a pipe or a wire, and its schema."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

PROBLEM: Literal["delivsim.problem/1"] = "delivsim.problem/1"
ASSIGNMENT: Literal["delivsim.assignment/1"] = "delivsim.assignment/1"

Coordinate = Annotated[float, Field(ge=-1e9, le=1e9)]
Place = tuple[Coordinate, Coordinate]
Number = Annotated[int, Field(ge=0, lt=2**63)]
Seconds = Annotated[float, Field(ge=0)]


class Document(BaseModel):
    """A part of the JSON; unknown keys are refused, and every number is finite."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False)


class OrderDocument(Document):
    """An order that waits for a rider."""

    order: Number
    """Its number."""
    placed_at: float
    """When it was placed, seconds since the start."""
    ready_at: float
    """When its food is believed to be ready, seconds."""
    store: Number
    """The number of its store."""
    pickup: Place
    """Where it is picked up: metres, or longitude and latitude."""
    dropoff: Place
    """Where it goes."""


class RiderDocument(Document):
    """A rider who can be asked."""

    rider: Number
    """The rider's number."""
    place: Place
    """Where the rider is, or will be once free, as far as known."""
    free_at: float
    """When the rider is expected to be free, seconds; at or before `now`: free already."""
    off_at: float | None = None
    """End of the shift, seconds; a pick-up after it is forbidden. null: none."""
    speed: Annotated[float, Field(gt=0)] | None = None
    """The rider's own speed, metres per second; null: the travel model's."""
    capacity: Annotated[int, Field(ge=1)] | None = None
    """Orders carried at the same time, at most; null: any number."""
    moving_until: float | None = None
    """Until when the rider is on the way to where he was sent to wait, seconds; null: he is not."""


class PromiseDocument(OrderDocument):
    """An order that a rider has accepted and not yet delivered; a bundle's orders stand in visiting order."""

    rider: Number
    """Who has it."""
    bundle: Number
    """The number of its bundle."""
    pickup_at: float
    """When the rider is expected to have the food, seconds."""
    picked_up: bool = False
    """Whether the rider has it on board."""


class StoreDocument(Document):
    """A store, and how many orders it has had lately."""

    store: Number
    """Its number."""
    place: Place
    """Where it is."""
    rate: Annotated[float, Field(ge=0)]
    """Orders per second; older ones count less by a factor e for each hour."""


class ShiftDocument(Document):
    """A rider whose shift begins soon."""

    rider: Number
    """The rider's number."""
    place: Place
    """Where the shift begins."""
    on_at: float
    """When it begins, seconds."""
    off_at: float
    """When it ends, seconds."""
    speed: Annotated[float, Field(gt=0)] | None = None
    """The rider's own speed, metres per second; null: the travel model's."""
    capacity: Annotated[int, Field(ge=1)] | None = None
    """Orders carried at the same time, at most; null: any number."""


class RulesDocument(Document):
    """The rules in force."""

    pickup_service_time: Seconds
    """Seconds a rider spends at a store; half of it before the hand-over, half after."""
    dropoff_service_time: Seconds
    """Seconds a rider spends at a customer's door; half before the hand-over, half after."""
    target_click_to_door: Seconds
    """Seconds from placement to delivery that are aimed at."""
    max_click_to_door: Seconds
    """Seconds from placement to delivery that are never to be passed."""
    pay_per_order: Number
    """Cents a rider earns per delivered order."""
    guaranteed_pay_per_hour: Number
    """Cents per hour of shift a rider earns at least."""
    same_store_bundles: bool
    """Whether only orders of one store may share a bundle."""
    pay_per_km: Number = 0
    """Cents a rider earns per kilometre driven."""
    capacity: Annotated[int, Field(ge=1)] | None = None
    """Orders that a rider without a `capacity` of his own carries at the same time, at most; null: any number."""
    growing_bundles: bool = True
    """Whether a promised bundle may get more orders of its stores until it is picked up."""
    waiting_at: Literal["stores", "anywhere"] = "anywhere"
    """Where idle riders may be sent to wait."""
    diversion: bool = False
    """Whether a rider on the way to where to wait may be called away."""


class TravelDocument(Document):
    """How long ways take. Ways that are not listed are straight lines, at the speed and with the detour given."""

    geographic: bool
    """Whether places are longitude and latitude in degrees instead of metres."""
    speed: Annotated[float, Field(gt=0)]
    """Metres per second of a rider without a speed of his own."""
    detour: Annotated[float, Field(gt=0)] = 1.0
    """Ways are this many times longer than straight lines."""
    round_up_to: Annotated[float, Field(ge=0)] = 0.0
    """Times are rounded up to whole multiples of this many seconds; 0: they are not."""
    exact: bool = True
    """Whether this formula gives every time; if not, it is near, and the lists have the times of those ways."""
    to_stores: tuple[tuple[int, int, Seconds], ...] = ()
    """Ways of riders to stores: rider, order, seconds, for the nearest pairs."""
    to_doors: tuple[tuple[int, Seconds], ...] = ()
    """Ways from store to door: order, seconds."""
    between_doors: tuple[tuple[int, int, Seconds], ...] = ()
    """Ways from door to door of orders of one store: order, order, seconds."""


class ReadinessDocument(Document):
    """How wrong the estimates of when food is ready have been so far."""

    n: Annotated[int, Field(ge=0)] = 0
    """Orders whose food became ready."""
    bias: float = 0.0
    """Mean seconds later than told; negative: earlier."""
    spread: Annotated[float, Field(ge=0)] = 0.0
    """Root of the mean squared error, seconds."""


class ProblemDocument(Document):
    """What the dispatcher knows at one decision. Instants are seconds since the start of the scenario."""

    format: Literal["delivsim.problem/1"] = PROBLEM
    """What this is, and its version."""
    now: float
    """The instant of the decision."""
    every: Annotated[float, Field(gt=0)]
    """Seconds until the next decision."""
    rules: RulesDocument
    """The rules in force."""
    orders: tuple[OrderDocument, ...]
    """Orders that wait for a rider, by number."""
    riders: tuple[RiderDocument, ...]
    """Riders who can be asked, by number."""
    promises: tuple[PromiseDocument, ...] = ()
    """What riders have accepted and not yet delivered: by rider, bundle by bundle in the order they are served."""
    demand: tuple[StoreDocument, ...] = ()
    """All stores and their recent demand."""
    shifts: tuple[ShiftDocument, ...] = ()
    """Riders whose shifts begin soon; they cannot be asked yet."""
    readiness: ReadinessDocument = ReadinessDocument()
    """How wrong the estimates of `ready_at` have been so far."""
    travel: TravelDocument
    """How long ways take."""


class MatchDocument(Document):
    """Offer these orders to this rider now."""

    rider: Number
    """The rider's number."""
    orders: Annotated[tuple[Number, ...], Field(min_length=1)]
    """Numbers of the orders in the order they are delivered; with `joins` the whole bundle as it will be."""
    reason: str = ""
    """Why, for people to read."""
    hold_until: float | None = None
    """The rider sets out at this instant at the earliest; null: as soon as he is free."""
    joins: Number = 0
    """The number of the promised bundle that is to grow; 0: a bundle of its own."""
    cost: float | None = None
    """What the policy reckoned this match costs, in its own unit; null: it does not say."""
    second: int = -1
    """The rider who would have been next best; -1: none."""
    second_cost: float | None = None
    """What that would have cost."""


class MoveDocument(Document):
    """Send an idle rider somewhere to wait."""

    rider: Number
    """The rider's number."""
    place: Place
    """Where to: metres, or longitude and latitude."""
    reason: str = ""
    """Why, for people to read."""


class WaitDocument(Document):
    """Orders that wait for the next decision, all for the same reason."""

    orders: tuple[Number, ...]
    """Their numbers."""
    reason: str
    """What they wait for, for people to read."""
    riders: tuple[int, ...] = ()
    """The rider whom each is meant for at present (-1: none); empty: nobody."""
    costs: tuple[float, ...] = ()
    """What each would cost as planned at present, in the policy's own unit; empty: it does not say."""
    until: tuple[float, ...] = ()
    """The instant that each waits for, seconds; empty: it does not say."""


class AssignmentDocument(Document):
    """What a policy decided; an order that is in no match waits."""

    format: Literal["delivsim.assignment/1"] = ASSIGNMENT
    """What this is, and its version."""
    matches: tuple[MatchDocument, ...] = ()
    """Who is offered what."""
    moves: tuple[MoveDocument, ...] = ()
    """Who is sent where to wait."""
    waits: tuple[WaitDocument, ...] = ()
    """Which orders wait, and for what."""
