"""Fastest ways between crossings, by scipy: rows computed when they are first needed, and kept."""

from __future__ import annotations

import itertools
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from delivsim.domain.travel.protocol import Floats
from delivsim.domain.travel.streets import Ints, Streets

if TYPE_CHECKING:
    from scipy.sparse import csr_array

KEPT = 2**28
"""Bytes of rows that are kept, in each direction; the longest unused go first."""
AT_ONCE = 2**25
"""Bytes of whole rows computed by one call; at least one row is."""
PATHS = 4096
"""Ways kept with all their crossings."""


class Path(NamedTuple):
    """A way: its k crossings, seconds and metres from the first of them to each, and the k - 1 stretches between."""

    nodes: Ints
    seconds: Floats
    metres: Floats
    stretches: Ints


class Rows:
    """
    Seconds from crossings to those that are asked for often.

    Parameters
    ----------
    graph
        Seconds between crossings, sparse, shape (n, n).
    columns
        The crossings that are asked for often.
    """

    __slots__ = ("_at_once", "_clock", "_columns", "_graph", "_n", "_used", "slot", "table")

    def __init__(self, graph: csr_array[Any], columns: Ints) -> None:
        n = graph.shape[0]
        self._at_once = max(1, AT_ONCE // (8 * n))
        most = min(n, max(self._at_once, KEPT // (8 * max(1, len(columns)))))
        self._graph, self._columns = graph, columns
        self.slot = np.full(n, -1, dtype=np.int64)
        self.table = np.empty((most, len(columns)))  # the system gives memory for a row only when it is written
        self._used = np.zeros(most, dtype=np.int64)
        self._n = self._clock = 0

    def missing(self, nodes: Ints) -> int:
        """Count the crossings without a row."""
        return int(np.count_nonzero(self.slot[nodes] < 0))

    def values(self, nodes: Ints, columns: Ints) -> Floats:
        """Give seconds from each crossing to a column, shape (k,)."""
        found = np.empty(len(nodes))
        each, of_pair = np.unique(nodes, return_inverse=True)
        for begin in range(0, len(each), len(self.table)):
            part = each[begin : begin + len(self.table)]
            self._have(part)
            pairs = np.flatnonzero((of_pair >= begin) & (of_pair < begin + len(part)))
            found[pairs] = self.table[self.slot[nodes[pairs]], columns[pairs]]
        return found

    def _have(self, nodes: Ints) -> None:
        from scipy.sparse.csgraph import dijkstra

        self._clock += 1
        there = self.slot[nodes]
        self._used[there[there >= 0]] = self._clock
        lacking = nodes[there < 0]
        for begin in range(0, len(lacking), self._at_once):
            part = lacking[begin : begin + self._at_once]
            slots = self._room_for(len(part))
            self.table[slots] = dijkstra(self._graph, indices=part)[:, self._columns]
            self.slot[part], self._used[slots] = slots, self._clock

    def _room_for(self, k: int) -> Ints:
        """Give free slots, if need be those of the rows unused for longest."""
        fresh = np.arange(self._n, min(self._n + k, len(self.table)))
        self._n += len(fresh)
        if len(fresh) == k:
            return fresh
        oldest = np.argsort(self._used[: self._n], kind="stable")
        oldest = oldest[self._used[oldest] < self._clock][: k - len(fresh)]
        self.slot[np.isin(self.slot, oldest)] = -1
        return np.concatenate((fresh, oldest))


class Shortest:
    """
    Fastest ways for riders who are nowhere faster than ``top_speed``.

    Parameters
    ----------
    streets
        The network.
    top_speed
        Metres per second; None: as fast as each stretch allows.
    columns
        The crossings that are asked for often, ascending.
    hubs
        Those that are asked for again and again: of two rows that would do, theirs is computed and kept.
    """

    __slots__ = ("_ahead", "_back", "_column", "_graph", "_is_hub", "_metres", "_paths", "_stretches")

    def __init__(self, streets: Streets, top_speed: float | None, columns: Ints, hubs: Ints) -> None:
        from scipy.sparse import csr_array

        seconds = streets.seconds if top_speed is None else np.maximum(streets.seconds, streets.metres / top_speed)
        order = np.lexsort((streets.metres, seconds, streets.heads, streets.tails))
        tails, heads = streets.tails[order], streets.heads[order]
        first = np.ones(len(order), dtype=bool)  # of parallel stretches the fastest
        first[1:] = (tails[1:] != tails[:-1]) | (heads[1:] != heads[:-1])
        order, tails, heads = order[first], tails[first], heads[first]
        n = len(streets.points)
        starts = np.searchsorted(tails, np.arange(n + 1))
        self._graph = csr_array((seconds[order], heads, starts), shape=(n, n))
        self._metres, self._stretches = streets.metres[order], order
        self._column = np.full(n, -1, dtype=np.int64)
        self._column[columns] = np.arange(len(columns))
        self._is_hub = np.zeros(n, dtype=bool)
        self._is_hub[hubs] = True
        turned = csr_array(self._graph.T)
        self._ahead = Rows(self._graph, columns)
        self._back = self._ahead if _same(turned, self._graph) else Rows(turned, columns)
        self._paths: OrderedDict[tuple[int, int], Path] = OrderedDict()

    def seconds(self, origins: Ints, destinations: Ints) -> Floats:
        """Give the seconds between each pair of crossings, shape (k,); infinite where there is no way."""
        u, v = self._column[origins], self._column[destinations]
        either = (u >= 0) & (v >= 0)
        costs = [self._cost(self._ahead, origins[either]), self._cost(self._back, destinations[either])]
        ahead = (v >= 0) & ((costs[0] <= costs[1]) | (u < 0))
        back = (u >= 0) & ~ahead
        found = np.empty(len(origins))
        found[ahead] = self._ahead.values(origins[ahead], v[ahead])
        found[back] = self._back.values(destinations[back], u[back])
        for k in np.flatnonzero(~ahead & ~back):
            found[k] = self.path(int(origins[k]), int(destinations[k])).seconds[-1]
        return found

    def _cost(self, rows: Rows, nodes: Ints) -> tuple[int, int]:
        """Count the rows that would have to be computed: of crossings that are no hubs, and of all."""
        each = np.unique(nodes)
        return rows.missing(each[~self._is_hub[each]]), rows.missing(each)

    def one(self, origin: int, destination: int) -> float:
        """Give the seconds between two crossings."""
        u, v = self._column[origin], self._column[destination]
        if v >= 0 and (row := self._ahead.slot[origin]) >= 0:
            return float(self._ahead.table[row, v])
        if u >= 0 and (row := self._back.slot[destination]) >= 0:
            return float(self._back.table[row, u])
        return float(self.seconds(np.array([origin]), np.array([destination]))[0])

    def path(self, origin: int, destination: int) -> Path:
        """Give the fastest way between two crossings."""
        key = origin, destination
        path = self._paths.pop(key, None)
        self._paths[key] = path = self._found(origin, destination) if path is None else path
        if len(self._paths) > PATHS:
            self._paths.popitem(last=False)
        return path

    def _found(self, origin: int, destination: int) -> Path:
        from scipy.sparse.csgraph import dijkstra

        limit = np.inf
        if self._column[origin] >= 0 or self._column[destination] >= 0:
            limit = self.one(origin, destination) * (1.0 + 1e-9) + 1e-9
        rows, sources = dijkstra(self._graph, indices=np.array([origin]), limit=limit, return_predecessors=True)
        seconds, before, nodes = rows[0], sources[0], [destination]
        while nodes[-1] != origin:
            nodes.append(int(before[nodes[-1]]))
            if nodes[-1] < 0:
                raise ValueError(f"no way leads from crossing {origin} to crossing {destination}")
        way = np.array(nodes[::-1])
        steps = np.array([self._step(a, b) for a, b in itertools.pairwise(way.tolist())], dtype=np.int64)
        metres = np.concatenate(([0.0], np.cumsum(self._metres[steps])))
        return Path(way, seconds[way], metres, self._stretches[steps])

    def _step(self, tail: int, head: int) -> int:
        begin, end = self._graph.indptr[tail : tail + 2]
        return int(begin + np.searchsorted(self._graph.indices[begin:end], head))


def _same(one: csr_array[Any], other: csr_array[Any]) -> bool:
    return np.array_equal(one.indices, other.indices) and np.array_equal(one.data, other.data)
