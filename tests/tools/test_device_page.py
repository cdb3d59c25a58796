"""docs/device.md has every decision and setting of the device once, and each links to what is said of it."""

from __future__ import annotations

import re
from itertools import pairwise

from support import ROOT

from model.component import Component
from model.decisions import decisions_of, settings_of
from model.device.device import Device
from tools import device


def test_every_decision_and_setting_of_the_device_is_on_the_page_once_and_leads_somewhere() -> None:
    linked = re.findall(r"\[`(\w+)`\]\(decisions\.md#(\w+)\)", device.page())
    own = (decisions_of(Device).keys() - decisions_of(Component).keys()) | settings_of(Device).keys()
    assert sorted(name for name, _ in linked) == sorted(own)
    headings = re.findall(r"^### (.*)$", (ROOT / "docs" / "decisions.md").read_text(), re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert [anchor for _, anchor in linked if anchor not in anchors] == []


def test_the_layers_are_in_the_order_in_which_they_build_on_each_other() -> None:
    layers = device.layers()
    assert layers[-1] is Device
    assert all(issubclass(upper, lower) for lower, upper in pairwise(layers))
