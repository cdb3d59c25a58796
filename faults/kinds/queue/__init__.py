"""Faults that strike the queues."""
