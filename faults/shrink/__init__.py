"""Makes a failing plan small, and says which of its parts are to blame."""
