"""A push carries the sender's whole name, however long it is: the platform refuses it, and nobody is woken."""

from model.protocol import variant
from model.servers.notification import NotificationService


class NamesUncut(NotificationService):
    def name_that_fits(self, name, room):
        return name


PROTOCOL = variant("names-uncut", notification=NamesUncut)
CAUGHT_BY = "pushes-fit-their-platform"
SCENARIO = "push"
