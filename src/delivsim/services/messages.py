"""What is said between apps, services and broker: requests, responses, and what each operation and topic carries."""

from __future__ import annotations

import math
from typing import Any, Generic, NamedTuple, TypeVar

T = TypeVar("T")

Place = tuple[float, float]
"""x, y in metres, or longitude, latitude in degrees."""


class Response(NamedTuple, Generic[T]):
    """The answer to a call: an HTTP status, a body if it went well, a reason if it did not."""

    status: int
    body: T | None = None
    reason: str = ""

    @property
    def ok(self) -> bool:
        """Whether the call did what it was asked to."""
        return self.status < 400

    @property
    def is_final(self) -> bool:
        """Whether asking again would change nothing: it is neither an error nor a rate limit that was hit."""
        return self.status < 500 and self.status != 429


OK: Response[Any] = Response(200)
UNAVAILABLE: Response[Any] = Response(503, None, "unavailable")
OVERLOADED: Response[Any] = Response(503, None, "overload")
TIMED_OUT: Response[Any] = Response(504, None, "timeout")
CONNECT_TIMEOUT: Response[Any] = Response(504, None, "connect_timeout")
RATE_LIMITED: Response[Any] = Response(429, None, "rate_limit")
UNREACHABLE: Response[Any] = Response(503, None, "unreachable")
WITHDRAWN: Response[Any] = Response(499, None, "withdrawn")
"""What its caller says of a call in which it is not interested any more (nginx's "client closed request")."""
LOST: Response[Any] = Response(0, None, "lost")
"""What stands for the answer of a service that a request never reached."""
NOT_REACHED: Response[Any] = Response(0, None, "not_reached")
"""What stands for the answer of a service that a request did not reach in time, and will not reach any more."""
REFUSED: Response[Any] = Response(0, None, "refused")
"""What stands for the answer to a request that was never sent."""


def taken(answer: Response[Any]) -> Response[Any]:
    """Give the end of a message's handler that passed it on: it comes again unless the answer is final."""
    return OK if answer.is_final else Response(503, None, answer.reason)


class Request(NamedTuple):
    """
    One call by an app or a workload.

    ``order`` is the client's own number of the order it is about (-1: none), carried along to everything it causes;
    ``caller`` names the kind of client and so the edge: its time-out, retries and network delay.
    """

    caller: str
    operation: str
    body: Any
    order: int = -1
    service: str = "gateway"


class Message(NamedTuple):
    """One published message as a consumer gets it."""

    number: int
    topic: str
    key: int
    body: Any
    order: int
    published_at: float


# --- bodies of operations ---------------------------------------------------------------------------------------


class PlaceOrder(NamedTuple):
    """Step 1: what the customer's app sends; the same ``key`` always means the same order."""

    token: str
    key: str
    reference: int
    customer: int
    store: int
    items: tuple[tuple[str, int], ...]
    address: Place
    card: str


class Credentials(NamedTuple):
    """Step 2: who claims to be calling."""

    token: str


class Profile(NamedTuple):
    """A user of the platform."""

    user: int
    name: str = ""


class NewOrder(NamedTuple):
    """Step 3: the order of an authenticated user."""

    user: int
    key: str
    reference: int
    store: int
    items: tuple[tuple[str, int], ...]
    address: Place
    card: str


class Reserve(NamedTuple):
    """Step 4: can the store make this? If so, keep the units."""

    order: int
    reference: int
    store: int
    items: tuple[tuple[str, int], ...]


class Quote(NamedTuple):
    """Step 4, the answer: when it will be ready, what it costs (cents), where to fetch it."""

    preparation_time: float
    price: int
    place: Place


class Restock(NamedTuple):
    """A store's ``number``-th refill: so many more units of an item."""

    store: int
    number: int
    item: str
    units: int


class KitchenLost(NamedTuple):
    """A store's kitchen burns: nothing of what it is making will be."""

    store: int


class Charge(NamedTuple):
    """Step 5: take this amount (cents) from the card, once per order."""

    order: int
    reference: int
    user: int
    amount: int
    card: str


class OrderView(NamedTuple):
    """Step 7 and ``track_order``: what the customer is told."""

    order: int
    status: str
    promised_at: float
    reason: str = ""


class OrderRef(NamedTuple):
    """An order, by its number on the platform; ``reason`` says why it is to be cancelled."""

    order: int
    reason: str = ""


class RiderOn(NamedTuple):
    """A rider is on line until ``off_at``, at the next break or the end of the shift, and carries so many at once."""

    rider: int
    place: Place
    off_at: float
    speed: float
    capacity: float = math.inf


class RiderRef(NamedTuple):
    """A rider."""

    rider: int


class Position(NamedTuple):
    """Step 16: where a rider was at an instant, seconds; what comes late is told from what is new by it."""

    rider: int
    place: Place
    taken_at: float


class OfferAnswer(NamedTuple):
    """Step 11: a rider's answer to an offer."""

    offer: int
    rider: int


class GiveBack(NamedTuple):
    """A rider will not fetch these accepted orders after all."""

    rider: int
    orders: tuple[int, ...]


class PickUp(NamedTuple):
    """Step 14: a rider has these orders in the bag."""

    rider: int
    orders: tuple[int, ...]


class Handover(NamedTuple):
    """Step 14, the answer: the orders to deliver; the others were cancelled."""

    orders: tuple[int, ...]


class DropOff(NamedTuple):
    """Step 15: a rider has handed an order over, at this instant, seconds."""

    rider: int
    order: int
    delivered_at: float


class Feedback(NamedTuple):
    """Step 18: what the customer thought of it, 1 to 5."""

    order: int
    rating: int


# --- what topics carry ------------------------------------------------------------------------------------------


class Placed(NamedTuple):
    """``order.placed``: everything the delivery, payment and notification services need."""

    order: int
    reference: int
    user: int
    store: int
    pickup: Place
    address: Place
    placed_at: float
    ready_at: float
    amount: int
    card: str
    promised_at: float = math.nan


class StatusChange(NamedTuple):
    """``order.assigned``, ``order.ready``, ``order.picked_up``, ``order.delivered``, ``order.lost``, ..."""

    order: int
    reference: int
    user: int = -1
    rider: int = -1
    reason: str = ""


class Notice(NamedTuple):
    """``customer.notified``: what the customer's phone shows; a confirmed order with the time promised at step 7."""

    order: int
    reference: int
    status: str
    reason: str = ""
    promised_at: float = math.nan


class Stop(NamedTuple):
    """One order of an offer: where to fetch it, and where it goes."""

    order: int
    reference: int
    address: Place
    store: int
    pickup: Place


class OfferMade(NamedTuple):
    """
    ``rider.offered``: fetch the orders, store by store as they are named, then deliver them in this order.

    The rider sets out at ``hold_until`` at the earliest. With ``joins`` the orders join the accepted bundle of that
    number, which is then delivered as ``sequence`` says (numbers of all its orders).
    """

    offer: int
    decision: int
    rider: int
    stops: tuple[Stop, ...]
    hold_until: float = -math.inf
    joins: int = 0
    sequence: tuple[int, ...] = ()


class Errand(NamedTuple):
    """``rider.moved``: go there and wait."""

    rider: int
    place: Place


class Withdrawn(NamedTuple):
    """``rider.withdrawn``: this order of yours (or in an offer of yours) is no more."""

    rider: int
    order: int
    reference: int


class KitchenTicket(NamedTuple):
    """``kitchen.requested`` and ``kitchen.stopped``: cook this, or stop."""

    order: int
    reference: int
    store: int
