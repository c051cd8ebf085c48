"""The numbers of riders are read again only where they have changed, and are right all the same."""

from delivsim.services.rider_numbers import RiderNumbers


def test_what_has_changed_is_read_anew() -> None:
    numbers = RiderNumbers(2)
    first, second = (1, 10.0, "told"), (2, 20.0, "more")
    assert numbers([first, second]).tolist() == [[1, 10], [2, 20]]
    assert numbers([first, (2, 25.0, "more")]).tolist() == [[1, 10], [2, 25]]


def test_riders_come_and_go() -> None:
    numbers = RiderNumbers(1)
    assert numbers([]).tolist() == []
    assert numbers([(1,), (2,)]).tolist() == [[1], [2]]
    assert numbers([(2,)]).tolist() == [[2]]
    assert numbers([(3,)]).tolist() == [[3]]
