"""Faults that strike the load."""
