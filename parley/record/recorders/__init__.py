"""Recorders of real servers: apps that really connect, a server that is really killed, and what the apps showed, as a history.

`parley record` runs one. `adapter.py` has what a kind of server is to a recorder, and is all that a new one needs.

Requirements: V1.
"""
