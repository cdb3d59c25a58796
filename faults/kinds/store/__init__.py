"""Faults that strike the store."""
