from model.device import Device


class AckHighest(Device):
    def next_cursor(self, cursor, waiting):
        return max(cursor, *waiting)
