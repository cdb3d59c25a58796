"""Figures of runs and campaigns, computed from histories alone."""
