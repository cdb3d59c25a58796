import os
import signal

from parley.variant import Device


class D(Device):
    def next_cursor(self, cursor, waiting):
        os.kill(os.getpid(), signal.SIGKILL)
