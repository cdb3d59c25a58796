"""Faults that strike the deployment from outside."""
