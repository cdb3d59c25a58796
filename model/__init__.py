"""The chat system: events, wire, tables, components and their decisions, topology, deployment."""
