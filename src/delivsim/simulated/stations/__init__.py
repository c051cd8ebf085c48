"""
Stations: equal servers with one queue, first come, first served.

Two ways to run the same station:

- ``ComputedStation`` knows a visit's work when it arrives, so it computes the start from the heap of instants at
  which servers come free and schedules one event, the departure. When servers come, go or crash, or a waiting visit
  is withdrawn, the starts of all visits still waiting are computed anew and their events moved.
- ``EventStation`` learns only later when a server is free again (``holds: request``: a worker is held during the
  calls its request makes), so every start is an event.

Where both apply they agree row by row.
"""

from delivsim.simulated.stations.computed import ComputedStation
from delivsim.simulated.stations.event import EventStation
from delivsim.simulated.stations.port import Station

__all__ = ["ComputedStation", "EventStation", "Station"]
