from parley.variant import Device, variant


class D(Device):
    pass


PROTOCOL = variant("x\nPASS\x1b[31m", device=D)
