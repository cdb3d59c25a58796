"""The object store acknowledges an upload that it has in memory only."""

from model.servers.blobs import BlobStore
from model.protocol import variant


class VolatileUpload(BlobStore):
    def write_back(self, put):
        return 5_000_000


PROTOCOL = variant("volatile-upload", objects=VolatileUpload)
CAUGHT_BY = "attachments-are-there"
SCENARIO = "ci"
