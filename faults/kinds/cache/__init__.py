"""Faults that strike caches."""
