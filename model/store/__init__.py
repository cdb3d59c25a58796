"""The message store: its tables, its transactions, and the replicas that agree on them."""
