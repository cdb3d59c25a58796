"""In which order a device that connects is registered for pushes and told what is there."""

from __future__ import annotations

import pytest
from support import SECOND, plan

from model.protocol import REFERENCE, variant
from model.servers.gateway import Gateway, GatewaySession
from model.servers.registry import SessionRegistry
from parley.runner import execute


class SnapshotFirst(Gateway):
    def registers_first(self, session: GatewaySession) -> bool:
        return False


@pytest.mark.requirement("P4", "P7")
@pytest.mark.parametrize("first", [True, False])
def test_who_is_registered_first_is_known_before_the_digest_is_there(first: bool) -> None:
    registered: list[tuple[int, str]] = []

    class Watched(SessionRegistry):
        def on_register(self, new, source: None) -> None:  # type: ignore[no-untyped-def]
            registered.append((int(self.env._now), new.device))
            super().on_register(new, source)

    gateway = Gateway if first else SnapshotFirst
    outcome = execute(plan(duration=20 * SECOND), variant("watched", gateway=gateway, registry=Watched))
    assert not outcome.violated()
    (own,) = (event.t for event in outcome.history if type(event).__name__ == "Connected" and event.node == "bob-phone")
    when = min(at for at, device in registered if device == "bob-phone")
    assert (when < own + 5_000) is first, "a digest asks every store partition"
    assert REFERENCE.gateway is Gateway
