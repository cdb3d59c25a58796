"""Hypothesis machines: they drive a live deployment rule by rule. The only part of `properties` that knows the system."""
