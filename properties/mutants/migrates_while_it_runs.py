"""An app that is updated while it runs looks at its placeholders; one that is updated while it sleeps never does."""

from model.device.device import Device
from model.protocol import variant


class MigratesWhileItRuns(Device):
    _was_asleep = False

    def update(self, app_version, capabilities):
        self._was_asleep = not self.up
        super().update(app_version, capabilities)

    def _replace_placeholders(self, name, local):
        if not self._was_asleep:
            super()._replace_placeholders(name, local)


PROTOCOL = variant("migrates-while-it-runs", device=MigratesWhileItRuns)
CAUGHT_BY = "placeholders-are-replaced"
SCENARIO = "ci"
