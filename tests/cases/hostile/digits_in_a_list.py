from parley.variant import Device


class Many(int):
    def __repr__(self):
        raise BaseException("no")


class D(Device):
    def next_cursor(self, cursor, waiting):
        return Many(10**5000)
