"""Faults that strike links and messages."""
