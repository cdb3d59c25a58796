"""The chat system: events, wire, tables, components and their decisions, topology, deployment."""

from model import moved

moved.install()
