"""Benchmarks: every figure is a ratio against something in the same run."""
