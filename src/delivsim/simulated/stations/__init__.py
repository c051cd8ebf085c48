"""
Stations: servers with a queue.

Ways to run one, of which ``simulated/servers.py`` takes the cheapest that can do what is asked:

- ``ComputedStation`` (first come, first served) knows a visit's work when it arrives, so it computes the start from
  the heap of instants at which servers come free and schedules one event, the departure. When servers come, go or
  crash, or a waiting visit is withdrawn, the starts of all visits still waiting are computed anew and their events
  moved.
- ``EventStation`` makes every start an event: for servers held for a time nobody knows beforehand (``holds:
  request``), for other orders than of arrival, for patience and for load shedding.
- ``PreemptiveStation`` is one where who is more urgent interrupts.
- ``SharingStation`` works on all visits at once.
- ``Fleet`` has several of these, a queue for each replica, and replicas that come and go.

Where the first two both apply they agree row by row.
"""

from delivsim.simulated.stations.computed import ComputedStation
from delivsim.simulated.stations.event import EventStation
from delivsim.simulated.stations.fleet import Fleet
from delivsim.simulated.stations.port import Station
from delivsim.simulated.stations.preemptive import PreemptiveStation
from delivsim.simulated.stations.sharing import SharingStation

__all__ = ["ComputedStation", "EventStation", "Fleet", "PreemptiveStation", "SharingStation", "Station"]
