"""How long it takes to get from one place to another."""

from delivsim.domain.travel.euclidean import Euclidean
from delivsim.domain.travel.haversine import EARTH_RADIUS, Haversine
from delivsim.domain.travel.protocol import Floats, Instants, Point, Travel
from delivsim.domain.travel.tables import table

__all__ = ["EARTH_RADIUS", "Euclidean", "Floats", "Haversine", "Instants", "Point", "Travel", "table"]
