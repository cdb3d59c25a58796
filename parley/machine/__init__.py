"""The Hypothesis machine, which drives a live deployment rule by rule, and the suite that judges a variant under pytest."""
