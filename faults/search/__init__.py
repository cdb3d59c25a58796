"""Searches for a plan that breaks a promise: enumeration of deviations, lineage, coverage, random seeds."""
