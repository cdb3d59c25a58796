"""The probe: what a system that has converged does next, when some are asleep and somebody writes to each conversation.

A run that passed because the healing woke everybody says nothing of who would have stayed without a word. So half of the
devices of each conversation, drawn, at most 20, go to sleep, and one message is sent there: who is connected gets it at once,
and who sleeps is notified, wakes and shows it. Whose notification the provider loses shows it when its user opens the app next.

Requirements: V9, G6.
"""

from __future__ import annotations

from collections.abc import Iterator

from model.deployment import Deployment
from model.device.device import Device
from model.events import Probed
from properties.ledger import Ledger
from sim.draws import Draws, key

MOST = 20
"""So many devices of a conversation sleep at most."""
AT_LEAST = 30_000_000
"""µs: before that nobody can say that no notification comes: three pushes to a phone that has just gone take fifteen seconds."""

_PROBE = key("probe")


class Probe:
    """Who sleeps, and who writes, in one run. The draws go by the names of conversations and devices, and the seed."""

    def __init__(self, deployment: Deployment, ledger: Ledger, seed: int) -> None:
        self._deployment = deployment
        self._draws = Draws(seed)
        self.asleep: list[Device] = []
        self.writers: dict[str, Device] = {}
        """By conversation."""
        asleep: dict[str, None] = {}
        writing: dict[str, None] = {}
        for name, devices in self._conversations(ledger):
            there = sorted(devices, key=lambda device: self._draws.u64(_PROBE, key(name), key(device)))
            awake = [device for device in there if device not in asleep]
            if not awake:
                continue
            writing[awake[0]] = None
            self.writers[name] = deployment.devices[awake[0]]
            more = min(MOST, len(there) // 2) - (len(there) - len(awake))
            may = [device for device in reversed(awake) if device not in writing]
            # Whoever writes is told of nothing: the writer's own other devices sleep only if there are no others.
            may.sort(key=lambda device: deployment.devices[device].user == self.writers[name].user)
            asleep.update(dict.fromkeys(may[: max(0, more)]))
        self.asleep = [deployment.devices[device] for device in asleep]

    def _conversations(self, ledger: Ledger) -> Iterator[tuple[str, list[str]]]:
        """Each conversation, with the devices of its members whose app runs and knows of it."""
        for name, log in ledger.logs.items():
            devices = [held.device for held in log.devices if held.device in self._deployment.devices]
            running = [each for each in devices if _runs(self._deployment.devices[each], name)]
            if running:
                yield name, running

    def begin(self, bound: int) -> None:
        """The apps are closed, and the messages sent."""
        deployment = self._deployment
        names = tuple(device.name for device in self.asleep)
        deployment.record(Probed, bound, names, tuple(self.writers))
        for device in self.asleep:
            deployment.env.cause = -1
            device.suspend()
        for name, device in self.writers.items():
            deployment.env.cause = -1
            device.send(name, "probe")
        deployment.env.cause = -1

    def stay_awake(self) -> bool:
        """Who was woken by a notification opens the app, which stays open. Returns whether all have been woken."""
        self.asleep = [device for device in self.asleep if not self._opened(device)]
        return not self.asleep

    def _opened(self, device: Device) -> bool:
        if device.up:
            device.wake("user")
        return device.up

    def wake_all(self) -> None:
        """The users of those who still sleep open their apps."""
        for device in self.asleep:
            self._deployment.env.cause = -1
            device.wake("user")
        self._deployment.env.cause = -1


def _runs(device: Device, conversation: str) -> bool:
    return device.up and device.life.running and device.logged_in and device.knows_of(conversation)
