"""Faults that strike clocks."""
