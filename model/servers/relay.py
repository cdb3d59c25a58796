"""The outbox relay (P3): publishes what was persisted and not published.

Promise kept here: a message whose sender and service died still gets its delivery task (G1). What may fail: the relay
dies or two relays publish the same row: a task too many, which devices dedupe.

Requirements: P3, D8.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from model.component import Component
from model.content import Message
from model.decisions import decision, setting
from model.wire.delivery import Publish, Published
from model.wire.store import MarkPublished, OutboxRows, Unpublished
from sim.node import Steps


class OutboxRelay(Component):
    """One relay; it looks at every store partition in turn."""

    kind: ClassVar[str] = "relay"
    points: ClassVar[tuple[str, ...]] = ("found", "relayed")

    interval = setting(5_000_000, unit="µs", why="How often the outbox is looked through.")
    age = setting(
        3_000_000,
        unit="µs",
        why="How old an unpublished row must be: younger ones are still in their service's hands.",
    )
    batch = setting(100, unit="rows", why="How many rows are taken at a time.")
    timeout = setting(1_000_000, unit="µs", why="After this the outcome of a call is unknown.")

    def boot(self) -> None:
        self.spawn(self.relay())

    @decision
    def to_publish(self, rows: Sequence[Message]) -> Sequence[Message]:
        """Which of the unpublished rows are published now: all, oldest first (P3).

        Variant::

            def to_publish(self, rows):
                return []
        """
        return rows

    def relay(self) -> Steps:
        """Looks through the outboxes for ever."""
        while True:
            yield self.sleep(self.interval)
            for store in self.directory.stores:
                found = yield self.call_store(store, Unpublished(self.age, self.batch), self.timeout)
                if not isinstance(found, OutboxRows):
                    continue
                for message in self.to_publish(found.messages):
                    yield self.step("found")
                    queue = self.directory.queue_for(message)
                    published = yield self.call(queue, Publish(message, "relay"), self.timeout)
                    yield self.step("relayed")
                    if isinstance(published, Published):
                        self.cast_store(store, MarkPublished(message.conversation, message.seq))
