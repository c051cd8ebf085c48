"""An answer has the parts and types of one, or is refused before anything stumbles over it."""

import numpy as np
import pytest

from delivsim.dispatch.assignment import Assignment, Match, Move, Wait
from delivsim.dispatch.well_formed import refuse_unless_well_formed
from delivsim.errors import PolicyError


def test_numbers_of_numpy_and_lists_pass():
    """What policies compute with NumPy need not be turned into Python's own numbers."""
    one = Match(np.int64(2), [np.int32(3)], "near", np.float32(5.0), cost=np.float64(1.0), second=np.int64(4))
    refuse_unless_well_formed(Assignment([one], (Move(4, [1, 2.0]),), (Wait((5,), "later", (-1,)),)))


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        (Assignment(None), "matches: must be a tuple of Match, got NoneType"),
        (Assignment(((2, (3,)),)), "matches: each must be a Match, got tuple"),
        (Assignment((Match(2.0, (3,)),)), r"Match.rider: must be a whole number, got 2.0"),
        (Assignment((Match(2, 3),)), "Match.orders: must be a tuple of whole numbers, got 3"),
        (Assignment((Match(2, (3.0,)),)), "Match.orders: must be a tuple of whole numbers"),
        (Assignment((Match(2, (3,), reason=7),)), "Match.reason: must be text, got 7"),
        (Assignment((Match(2, (3,), cost="x"),)), "Match.cost: must be a number, got 'x'"),
        (Assignment((Match(2, (3,), hold_until="now"),)), "Match.hold_until: must be an instant or None, got 'now'"),
        (Assignment((Match(2, (3,), second=2**63),)), "Match.second: must be a whole number"),
        (Assignment(moves=(Move(2, None),)), "Move.place: must be two numbers, got None"),
        (Assignment(waits=(Wait((3,), None),)), "Wait.reason: must be text, got None"),
        (Assignment(waits=(Wait((3,), "", (), (np.nan,)),)), "Wait.costs: must be a tuple of finite numbers, got"),
    ],
)
def test_other_types_are_refused_by_name(assignment, message):
    """The message names the field, what it must be and what it is."""
    with pytest.raises(PolicyError, match=message):
        refuse_unless_well_formed(assignment)
