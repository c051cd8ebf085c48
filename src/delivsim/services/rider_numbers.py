"""What is known of all riders as one array: between two decisions most of them stay as they are."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, compress
from operator import is_not
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class RiderNumbers:
    """
    The first numbers of every rider's record, one row per rider.

    It remembers the last answer and reads only records that are others since: a record never changes, so the same
    object says the same.

    Parameters
    ----------
    n
        How many values of a record, from the first on, are wanted; numbers all of them.
    """

    def __init__(self, n: int) -> None:
        self._n = n
        self._riders: Sequence[tuple[Any, ...]] = ()
        self._known: Any = None

    def __call__(self, riders: Sequence[tuple[Any, ...]]) -> NDArray[np.float64]:
        """Give the numbers of these riders, shape (m, n); the array is good until the next call."""
        import numpy as np

        rows = list(range(len(riders)))
        if self._known is None or len(riders) != len(self._riders):
            self._known = np.empty((len(riders), self._n))
        else:
            rows = list(compress(rows, map(is_not, riders, self._riders)))
        numbers = chain.from_iterable(riders[row][: self._n] for row in rows)
        self._known[rows] = np.fromiter(numbers, np.float64, self._n * len(rows)).reshape(-1, self._n)
        self._riders = riders
        return self._known  # type: ignore[no-any-return]
