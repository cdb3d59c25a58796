"""Faults that strike push notification."""
