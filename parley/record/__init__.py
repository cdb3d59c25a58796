"""Histories from outside: read, brought into causal order, and reduced to what clients observe."""
