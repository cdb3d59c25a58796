"""Reports as text: for a terminal, for a CI log, for a story."""
