"""Generators of the pages under docs/, each with `--check`."""
