import os

from parley.variant import Device


class D(Device):
    def next_cursor(self, cursor, waiting):
        os._exit(1)
