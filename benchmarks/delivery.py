"""CPU per delivery with all properties on, in units of one bare SimPy time-out of the same run.

A delivery is one message that one device has stored, shown and acked, and whose cursor is in the store. The load is
steady: six devices of three people in one group, a message every 30 ms of simulated time, no faults; the cost of the
send itself, the queue, the heartbeats and the judging of the whole history is shared by its six deliveries. With live
receipts, each delivery also has its share of the frames by which senders see it at once.

Run: `python -m benchmarks.delivery [--profile]`. Target of a later part: 25.
"""

from __future__ import annotations

import cProfile
import pstats
import statistics
import sys
import time

from benchmarks.kernel import EVENTS, bare
from model.deployment import Deployment
from model.events import Shown
from model.protocol import variant
from model.servers.gateway import Gateway
from model.store.store import MessageStore
from model.topology import ClusterSpec, ConversationSpec, CoreSpec, DeviceSpec, TopologySpec
from properties.judge import Judge

MESSAGES = 2_000
GAP = 30_000
ROUNDS = 5
USERS = ("ann", "bob", "cleo")
TOPOLOGY = TopologySpec(
    regions=("eu",),
    core=CoreSpec(region="eu"),
    clusters=(ClusterSpec(name="edge", region="eu", gateways=("gateway-1", "gateway-2")),),
    users=USERS,
    devices=tuple(DeviceSpec(name=f"{user}-{i}", user=user, region="eu") for user in USERS for i in (1, 2)),
    conversations=(ConversationSpec(name="group", members=USERS),),
)


class Unlimited(Gateway):
    """Lets everything through: the load is three people who write eleven messages a second each."""

    user_rate = 1_000
    user_burst = 1_000


class WithDigest(MessageStore):
    """Receipts come with the digest only."""

    live_up_to = 0


def simulate(*, judged: bool, store: type[MessageStore] = WithDigest) -> tuple[float, int]:
    """Seconds of CPU, and deliveries."""
    deployment = Deployment(TOPOLOGY, 1, variant("unlimited", gateway=Unlimited, store=store))
    devices = list(deployment.devices.values())
    judge = Judge()
    deployment.env.run_until(1_000_000)
    start = time.process_time()
    for i in range(MESSAGES):
        deployment.env.run_until(1_000_000 + i * GAP)
        devices[i % len(devices)].send("group", "")
    deployment.env.run_until(1_000_000 + MESSAGES * GAP + 60_000_000)
    if judged:
        judge.advance(deployment.history)
        if judge.violations or not judge.settled():
            raise AssertionError("the benchmark's run is not a good one")
    took = time.process_time() - start
    return took, sum(isinstance(event, Shown) for event in deployment.history)


def main() -> None:
    """Alternates load and unit; prints the medians."""
    if "--profile" in sys.argv:
        profile = cProfile.Profile()
        profile.runcall(simulate, judged=True)
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)
        return
    units, all_on, without, live = [], [], [], []
    for _ in range(ROUNDS):
        unit = bare() / EVENTS
        units.append(unit)
        took, deliveries = simulate(judged=True)
        all_on.append(took / deliveries / unit)
        took, deliveries = simulate(judged=False)
        without.append(took / deliveries / unit)
        took, deliveries = simulate(judged=True, store=MessageStore)
        live.append(took / deliveries / unit)
    print(f"one bare SimPy time-out                   {statistics.median(units) * 1e6:.3f} µs")
    print(f"a delivery, all properties on             {statistics.median(all_on):.1f} time-outs")
    print(f"a delivery, without judging               {statistics.median(without):.1f} time-outs")
    print(f"a delivery, with live receipts            {statistics.median(live):.1f} time-outs")


if __name__ == "__main__":
    main()
