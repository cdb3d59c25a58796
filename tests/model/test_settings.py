"""A setting is declared once along a line of classes of the model; a variant gives it another value, or declares it anew."""

from __future__ import annotations

import pytest

from model.decisions import setting, settings_of
from model.device.device import Device
from model.device.outbox import Outbox


def test_a_setting_declared_twice_in_the_model_is_an_error_that_names_both_places() -> None:
    body = {"__module__": "model.device.device", "send_timeout": setting(1, unit="µs", why="again")}
    with pytest.raises((TypeError, RuntimeError)) as caught:  # 3.11 wraps what goes wrong while a class is made
        type("Device", (Outbox,), body)
    error = caught.value if isinstance(caught.value, TypeError) else caught.value.__cause__
    both = "model.device.outbox.Outbox and in model.device.device.Device"
    assert str(error).startswith(f"setting 'send_timeout' is declared twice, in {both}: ")


def test_a_variant_overrides_a_setting_by_a_value_or_declares_it_anew() -> None:
    class Hasty(Device):
        send_timeout = 1_000_000
        sync_timeout = setting(7, unit="µs", why="tried out")

    assert (Hasty.send_timeout, Hasty.sync_timeout) == (1_000_000, 7)
    assert settings_of(Hasty)["sync_timeout"].why == "tried out"
