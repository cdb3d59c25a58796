"""Another answer to each decision of `objects`, and another value of each setting, as docs/decisions.md showed them at 7aa79c4."""

from model.blobs import BlobStore
from sim.distributions import Constant


class OtherWriteBack(BlobStore):
    def write_back(self, put):
        return 5_000_000


class OtherServiceTime(BlobStore):
    service_time = Constant(value=10_000)


class OtherTransferRate(BlobStore):
    transfer_rate = 2_000_000
