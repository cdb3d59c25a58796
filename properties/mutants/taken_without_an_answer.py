"""A provider that does not answer twice in a row has taken the hint the second time, surely."""

from model.servers.notification import NotificationService
from model.protocol import variant
from sim.node import Unknown


class TakenWithoutAnAnswer(NotificationService):
    def _answered(self, answer, asked):
        name, _, _ = asked
        if isinstance(answer, Unknown) and self.hints[name].attempts > 1:
            self._end(name, "taken")
        else:
            super()._answered(answer, asked)


PROTOCOL = variant("taken-without-an-answer", notification=TakenWithoutAnAnswer)
CAUGHT_BY = "hints-end-for-a-reason"
SCENARIO = "handsets"
