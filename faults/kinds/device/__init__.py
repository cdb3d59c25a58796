"""Faults that strike devices."""
