"""Scrolling up shows the same page again and again."""

from model.device.device import Device
from model.protocol import variant


class SamePageAgain(Device):
    def _show_page(self, name, before, rows, why):
        super()._show_page(name, before, rows, why)
        if why == "scroll":
            self.tops[name] = before


PROTOCOL = variant("same-page-again", device=SamePageAgain)
CAUGHT_BY = "history-pages-are-in-order"
SCENARIO = "history"
