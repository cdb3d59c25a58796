"""All that the author of a kind of fault needs, in one import.

Requirements: F1, F2, F3, F4, F5, F6, F7, F8, F9.
"""

from __future__ import annotations

from typing import Any

from faults.aims import MS, SECOND, Aims, probability
from faults.fault import Fault, check_least, check_probability, kind
from faults.fields import (
    CacheName,
    ConversationName,
    Delay,
    DeviceName,
    DeviceNames,
    GatewayName,
    Jump,
    Lasting,
    MessageKind,
    MessageKinds,
    NodeName,
    Nth,
    PartitionName,
    QueueName,
    Rate,
    Region,
    Selector,
    Selectors,
    There,
    Time,
    Wrong,
)
from faults.site import LUCK, Covers, End, Held, Site, all_of, holding, majority, on_links, on_pairs
from faults.when import AtOther, AtPoint, AtReplica, ByChance, NthMessage, OneOnLinks, SomeOnLinks
from faults.where import (
    BetweenNodes,
    LinksForAWhile,
    OnAnyNode,
    OnCache,
    OnDevice,
    OnDevices,
    OnLeader,
    OnLinks,
    OnMessages,
    OnNode,
    OnPartition,
    OnPushes,
    OnQueue,
    Strikes,
)
from model.wire.base import names_of
from sim.draws import Picker
from sim.network import Fate
from sim.node import Node

Choices = dict[str, Any]
"""Fields that were drawn, by name."""

__all__ = [
    "LUCK",
    "MS",
    "SECOND",
    "Aims",
    "Any",
    "AtOther",
    "AtPoint",
    "AtReplica",
    "BetweenNodes",
    "ByChance",
    "CacheName",
    "Choices",
    "ConversationName",
    "Covers",
    "Delay",
    "DeviceName",
    "DeviceNames",
    "End",
    "Fate",
    "Fault",
    "GatewayName",
    "Held",
    "Jump",
    "Lasting",
    "LinksForAWhile",
    "MessageKind",
    "MessageKinds",
    "Node",
    "NodeName",
    "Nth",
    "NthMessage",
    "OnAnyNode",
    "OnCache",
    "OnDevice",
    "OnDevices",
    "OnLeader",
    "OnLinks",
    "OnMessages",
    "OnNode",
    "OnPartition",
    "OnPushes",
    "OnQueue",
    "OneOnLinks",
    "PartitionName",
    "Picker",
    "QueueName",
    "Rate",
    "Region",
    "Selector",
    "Selectors",
    "Site",
    "SomeOnLinks",
    "Strikes",
    "There",
    "Time",
    "Wrong",
    "all_of",
    "check_least",
    "check_probability",
    "holding",
    "kind",
    "majority",
    "names_of",
    "on_links",
    "on_pairs",
    "probability",
]
