"""A scenario from history: instances and what happened in them go in, a city to simulate other days in comes out."""
