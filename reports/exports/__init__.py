"""Histories in the forms of other tools."""
