"""Whatever an app can show, it is sent what was sent: it shows a placeholder where it could show a text."""

from model.protocol import variant
from model.servers.gateway import Gateway


class OldAppsGetAll(Gateway):
    def takes_down(self, message, capabilities):
        return False


PROTOCOL = variant("old-apps-get-all", gateway=OldAppsGetAll)
CAUGHT_BY = "old-apps-get-what-they-can-show"
SCENARIO = "ci"
