"""Faults that strike nodes."""
