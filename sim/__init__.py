"""The machine room: clock, keyed randomness, network, node life cycle, history. It knows nothing of chat."""
