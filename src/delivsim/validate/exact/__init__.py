"""Exact results of queueing theory, each with its source; nothing here knows of simulation."""
