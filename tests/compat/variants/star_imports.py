from model.protocol import *
from model.store import *
from model.worker import *


class CloseOnPush(DeliveryWorker):
    def settles(self, result):
        return result in ("pushed", "acked")


class NoDedupe(MessageStore):
    def find_duplicate(self, rows, append, at):
        return 0


PROTOCOL = variant("star-imports", worker=CloseOnPush, store=NoDedupe)
