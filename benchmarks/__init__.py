"""Benchmarks: every figure is a ratio against something in the same run. `make bench` runs `benchmarks/__main__.py`."""
