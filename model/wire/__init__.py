"""What travels: one file for each conversation between two parties.

Frames between a device and its gateway, and requests and answers between services.
"""
