"""A protocol is data: which class plays which component. A variant replaces some of them.

The reference protocol is `REFERENCE`. A variant subclasses a component, overrides decisions or settings, and puts the
subclass in its place:

    from parley.variant import MessageStore, variant


    class NoDedupe(MessageStore):
        def find_duplicate(self, rows, append, at):
            return 0

    PROTOCOL = variant("no-dedupe", store=NoDedupe)

Requirements: V3.
"""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from itertools import product
from types import CodeType
from typing import Any

from model.clobbers import SET_UP, clobbers
from model.decisions import Setting, decisions_of, settings_of
from model.device.device import Device
from model.fan_out import FanOut, Hybrid, OnRead, OnWrite
from model.servers.blobs import BlobStore
from model.servers.gateway import Gateway
from model.servers.notification import NotificationService
from model.servers.presence import PresenceService
from model.servers.provider import PushProvider
from model.servers.queue import DeliveryQueue
from model.servers.registry import SessionRegistry
from model.servers.relay import OutboxRelay
from model.servers.segment_cache import SegmentCache
from model.servers.sequencer import LeasedShard, Optimistic, Sequencer, StoreCounter
from model.servers.service import MessagingService
from model.servers.shard import SequencerShard
from model.servers.worker import DeliveryWorker
from model.store.store import MessageStore
from sim.near import did_you_mean, near
from sim.printable import shown
from sim.state import marked


class VariantError(ValueError):
    """A protocol that can't be run as it is meant: the text says which class, what is wrong, and what was expected.

    `place`: the class and what it defines there, by their names, if one of these is to blame.
    """

    place: tuple[str, str] | None = None
    line: int = 0
    """The line that is to blame, if it is known."""


@dataclass(frozen=True)
class Protocol:
    """Which class plays which component. Every field but the name is a class."""

    name: str
    device: type[Device] = Device
    gateway: type[Gateway] = Gateway
    service: type[MessagingService] = MessagingService
    sequencer: type[Sequencer] = StoreCounter
    shard: type[SequencerShard] = SequencerShard
    store: type[MessageStore] = MessageStore
    queue: type[DeliveryQueue] = DeliveryQueue
    worker: type[DeliveryWorker] = DeliveryWorker
    relay: type[OutboxRelay] = OutboxRelay
    fan_out: type[FanOut] = Hybrid
    cache: type[SegmentCache] = SegmentCache
    registry: type[SessionRegistry] = SessionRegistry
    presence: type[PresenceService] = PresenceService
    notification: type[NotificationService] = NotificationService
    provider: type[PushProvider] = PushProvider
    objects: type[BlobStore] = BlobStore

    def components(self) -> dict[str, type]:
        """The classes by the name of the component that they play."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "name"}


REFERENCE = Protocol("reference")

_KINDS: dict[str, type] = {"sequencer": Sequencer, "fan_out": FanOut}
"""Components of which there are several kinds that can stand for each other: their common base."""

_CHOICES: tuple[dict[str, dict[str, type]], ...] = (
    {"": {}, "leased": {"sequencer": LeasedShard}, "optimistic": {"sequencer": Optimistic}},
    {"": {}, "on-write": {"fan_out": OnWrite}, "on-read": {"fan_out": OnRead}},
)

PROTOCOLS: dict[str, Protocol] = {
    name: Protocol(name, **sequencer, **fan_out)
    for (by_sequencer, sequencer), (by_fan_out, fan_out) in product(*(choice.items() for choice in _CHOICES))
    for name in ["+".join(filter(None, (by_sequencer, by_fan_out))) or "reference"]
}
"""The protocols that come with Parley, by the name under which `--protocol` knows them: say leased, or leased+on-read."""


def variant(name: str, **components: type) -> Protocol:
    """The reference protocol with some components replaced. Raises VariantError if that can't work."""
    known = REFERENCE.components()
    for component in components:
        if component not in known:
            raise VariantError(f"there is no component {component!r}{near(component, known)}")
    protocol = replace(REFERENCE, name=name, **components)
    check(protocol)
    return protocol


def configured(protocol: Protocol, settings: Mapping[str, Any]) -> Protocol:
    """The protocol with some settings at other values: 'component.setting' to value. Raises VariantError.

    A protocol that overrides the setting itself is overridden, too: what is given here is part of the scenario.
    """
    values: dict[str, dict[str, Any]] = {}
    components = protocol.components()
    for path, value in settings.items():
        component, _, name = path.partition(".")
        if component not in components:
            raise VariantError(f"{path}: there is no component {component!r}{near(component, components)}")
        known = settings_of(components[component])
        if name not in known:
            raise VariantError(f"{path}: {component} has no setting {name!r}{near(name, known)}")
        if hasattr(known[name].default, "sampler"):
            raise VariantError(f"{path}: a distribution can only be set by a variant")
        _check_setting(path, value, known[name])
        values.setdefault(component, {})[name] = value
    changed = {
        component: type(components[component].__name__, (components[component],), {**own, "__module__": _CONFIGURED})
        for component, own in values.items()
    }
    return replace(protocol, name=protocol.name, **changed)


def left_alone(protocol: Protocol, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Those of some settings for which the protocol has the reference's own value: no class of a variant has set them."""
    found: dict[str, Any] = {}
    for path, value in settings.items():
        component, _, name = path.partition(".")
        playing = protocol.components().get(component)
        owner = next((cls for cls in playing.__mro__ if name in vars(cls)), None) if playing else None
        if owner is None or owner.__module__.startswith("model."):
            found[path] = value
    return found


_CONFIGURED = "settings of the scenario"


def component_of(candidate: type) -> str | None:
    """The name of the component that a class could play, or None."""
    for name, reference in REFERENCE.components().items():
        if issubclass(candidate, reference) and candidate is not reference:
            return name
    for name, base in _KINDS.items():
        if issubclass(candidate, base) and candidate.__module__ != base.__module__:
            return name
    return None


def check(protocol: Protocol) -> None:
    """Refuses what would be silently ignored or fail later: a misspelt name, a wrong signature, an impossible value."""
    if not isinstance(protocol.name, str) or not protocol.name:
        raise VariantError(f"name: expected a text, got {protocol.name!r}")
    for name, reference in REFERENCE.components().items():
        played_by = getattr(protocol, name)
        base = _KINDS.get(name, reference)
        if not (inspect.isclass(played_by) and issubclass(played_by, base)):
            raise VariantError(f"{name}: expected a subclass of {base.__name__}, got {played_by!r}")
        own = next(cls for cls in played_by.__mro__ if cls.__module__.startswith("model."))
        if played_by is not own:
            _check_component(name, played_by, own)


def _check_component(name: str, played_by: type, reference: type) -> None:
    settings = settings_of(reference)
    own = {*settings_of(played_by), *getattr(played_by, "receives", {}).values()}
    for cls in played_by.__mro__:
        if cls in reference.__mro__:
            continue
        for attribute, value in vars(cls).items():
            where = f"{name}: {cls.__name__}.{attribute}"
            try:
                if attribute.startswith("_"):
                    _check_private(where, attribute, value, reference)
                else:
                    _check_attribute(where, attribute, value, reference, settings, own - {*dir(reference)})
            except VariantError as error:
                error.place = (cls.__name__, attribute)
                raise
    for found in clobbers(played_by, reference):
        cls_name, _, method = found.method.partition(".")
        if method in SET_UP:
            refused = VariantError(f"{name}: {found}")
            refused.place, refused.line = (cls_name, method), found.line
            raise refused


def _check_attribute(
    where: str, attribute: str, value: Any, reference: type, settings: Mapping[str, Setting], own: Collection[str]
) -> None:
    """Refuses what overrides nothing, or not as it is meant; `own`: what the variant adds and says what for."""
    if not hasattr(reference, attribute) and attribute not in own:
        meant = did_you_mean(attribute, (*decisions_of(reference), *settings_of(reference)))
        raise VariantError(
            f"{where} overrides nothing: {reference.__name__} has no {attribute!r}{meant}; "
            "a helper's name starts with an underscore"
        )
    if attribute in own:
        return
    original = getattr(reference, attribute)
    if attribute in settings:
        _check_setting(where, value, settings[attribute])
    elif callable(original) != callable(value) and not isinstance(value, staticmethod | classmethod | property):
        expected = "a method" if callable(original) else "a value"
        raise VariantError(f"{where}: expected {expected}, got {shown(value)}")
    elif callable(original) and inspect.isfunction(value):
        _check_signature(where, value, original)


def _check_private(where: str, attribute: str, value: Any, reference: type) -> None:
    """Refuses a helper of a variant's own that has, by accident, the name of something private of the class.

    Who calls the one that is hidden, by `super()`, knows of it.
    """
    if attribute.startswith("__"):
        return
    if any(attribute in marked(reference, mark) for mark in ("durable", "volatile", "aside")):
        raise VariantError(f"{where}: {reference.__name__} keeps its own state under this name: choose another one")
    hidden = getattr(reference, attribute, None)
    if hidden is None:
        return
    meant = hasattr(value, "__overrides_private__")
    if not meant and not (inspect.isfunction(value) and _calls_super(value.__code__, attribute)):
        raise VariantError(
            f"{where} hides {reference.__name__}.{attribute}, which Parley itself calls: choose another name; "
            f"or call super().{attribute}, or mark it @overrides_private, if it is meant"
        )
    if inspect.isfunction(value):
        _check_signature(where, value, hidden)


def _calls_super(code: CodeType, name: str) -> bool:
    """Whether a function, or one inside it, names `super` and this method."""
    inner = (each for each in code.co_consts if isinstance(each, CodeType))
    return {"super", name} <= {*code.co_names} or any(_calls_super(each, name) for each in inner)


LARGEST = 1 << 53
"""A setting comes into histories and plans, where a number is at most this."""


def _check_setting(where: str, value: Any, setting: Setting) -> None:
    default, choices = setting.default, setting.choices
    if choices and value not in choices:
        raise VariantError(f"{where}: expected one of {', '.join(map(repr, choices))}, got {shown(value)}")
    if isinstance(default, int) and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        raise VariantError(f"{where}: expected a whole number of at least 0, got {shown(value)}")
    if setting.unit.endswith("/s") and value < 1:
        raise VariantError(f"{where}: expected a rate of at least 1, got {shown(value)}")
    if isinstance(default, int) and value > LARGEST:
        raise VariantError(f"{where}: expected at most 2 to the 53rd, got {shown(value)}")
    if hasattr(default, "sampler") and not hasattr(value, "sampler"):
        raise VariantError(f"{where}: expected a distribution of sim.distributions, got {shown(value)}")


def _check_signature(where: str, value: Any, original: Any) -> None:
    wanted = inspect.signature(original)
    positional = [p for p in wanted.parameters.values() if p.kind is not inspect.Parameter.KEYWORD_ONLY]
    try:
        inspect.signature(value).bind(*[None] * len(positional))
    except TypeError:
        expected = ", ".join(wanted.parameters)
        raise VariantError(f"{where}: expected the parameters ({expected}), got {inspect.signature(value)}") from None
