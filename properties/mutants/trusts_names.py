"""The gateway takes pushes from whoever gives the name of a node that it knows."""

from model.servers.gateway import Gateway
from model.protocol import variant


class TrustsNames(Gateway):
    def trusts(self, caller):
        return self.directory.has(caller.name)


PROTOCOL = variant("trusts-names", gateway=TrustsNames)
CAUGHT_BY = "intruders-have-no-effect"
SCENARIO = "ci"
