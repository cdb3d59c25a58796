"""When a write is durable: what a store has answered survives its crash, unless it brings to the disk later what it writes."""

from __future__ import annotations

import pytest
from support import SECOND, deploy, of

from model import events as e
from model.deployment import Deployment
from model.protocol import REFERENCE, Protocol, configured
from model.store.store import MessageStore

pytestmark = pytest.mark.requirement("C5")

LATE = configured(REFERENCE, {"store.sync_every": 3 * SECOND})
"""Writes reach the disk every three seconds of the store's uptime."""


def store_of(deployment: Deployment) -> MessageStore:
    node = deployment.network.nodes["store-1"]
    assert isinstance(node, MessageStore)
    return node


def crash_after_send(protocol: Protocol, sent: int, crashed: int) -> tuple[Deployment, MessageStore]:
    """A message is sent at `sent` µs, the store dies at `crashed` µs and comes back a moment later."""
    deployment = deploy(protocol=protocol)
    deployment.env.run_until(sent)
    deployment.network.nodes["alice-phone"].send("talk", "hello")  # type: ignore[attr-defined]
    deployment.env.run_until(crashed)
    store = store_of(deployment)
    store.crash()
    store.restart()
    return deployment, store


def test_a_store_that_syncs_each_write_loses_nothing() -> None:
    deployment, store = crash_after_send(REFERENCE, 4 * SECOND, 5 * SECOND)
    assert list(store.conversations["talk"].rows) == [1]
    assert not of(deployment.history, e.RowLost)
    assert not store.log


def test_what_was_written_since_the_last_sync_is_lost_with_a_crash() -> None:
    deployment, store = crash_after_send(LATE, 4 * SECOND, 5 * SECOND)
    assert not store.conversations["talk"].rows
    assert store.conversations["talk"].head == 0
    assert [(lost.conversation, lost.seq) for lost in of(deployment.history, e.RowLost)] == [("talk", 1)]


def test_what_was_written_before_the_last_sync_is_kept_and_told_once() -> None:
    deployment, store = crash_after_send(LATE, 4 * SECOND, 7 * SECOND)
    assert list(store.conversations["talk"].rows) == [1]
    assert not of(deployment.history, e.RowLost)
    assert len(of(deployment.history, e.Persisted)) == 1


def test_after_a_loss_the_store_goes_on_and_can_lose_again() -> None:
    deployment, store = crash_after_send(LATE, 4 * SECOND, 5 * SECOND)
    deployment.env.run_until(7 * SECOND)
    deployment.network.nodes["alice-phone"].send("talk", "again")  # type: ignore[attr-defined]
    deployment.env.run_until(9 * SECOND - 1)
    store.crash()
    store.restart()
    assert not store.conversations["talk"].rows
    assert len(of(deployment.history, e.RowLost)) == 2
