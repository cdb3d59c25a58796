"""The catalogue: every property, in the order in which they are judged and reported. `docs/properties.md` is made from it.

A property is registered by being defined in a module of this package, all of which are imported here. What it needs besides
is a place in `ORDER`: reports and the digests of verdicts go by the order. A class without a `name` that others derive
from is no property. A class of any other package is not registered.

Requirements: V1, V3.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from types import ModuleType

from properties.base import Property
from sim.registry import Registry, RegistryError

ORDER = (
    "accepted-is-durable",
    "accepted-place-is-true",
    "one-row-per-message",
    "one-row-per-send",
    "accepted-send-has-its-row",
    "seq-is-unique",
    "seq-has-no-hole",
    "epochs-never-go-back",
    "senders-order-is-kept",
    "places-agree",
    "refused-is-not-shown",
    "one-message-per-send",
    "message-ids-are-not-reused",
    "committed-rows-stay",
    "removed-is-old",
    "rows-carry-the-stores-time",
    "conversations-begin-as-asked",
    "head-reads-are-fresh",
    "heads-are-true",
    "one-leader-per-term",
    "shown-in-order",
    "shown-is-true",
    "stored-is-true",
    "shown-was-sent",
    "shown-is-what-was-sent",
    "shown-once",
    "stored-before-shown",
    "shown-to-members",
    "one-order-on-all-screens",
    "real-time-order-is-shown",
    "senders-order-is-shown",
    "questions-come-first",
    "own-messages-are-there",
    "what-came-before-is-shown",
    "history-pages-are-whole",
    "history-pages-are-in-order",
    "gaps-are-known",
    "device-cursor-is-sound",
    "device-cursor-is-monotone",
    "ack-is-sound",
    "stored-cursor-is-sound",
    "stored-cursor-is-monotone",
    "cursors-name-what-is-there",
    "cursors-go-forward",
    "read-marks-go-forward",
    "read-marks-name-what-was-shown",
    "read-marks-only-move-forward",
    "read-was-shown",
    "receipts-are-true",
    "receipts-only-move-forward",
    "receipts-come-in-time",
    "read-by-is-true",
    "badges-follow-the-screen",
    "badges-are-possible",
    "lists-are-true",
    "no-hint-of-what-was-read",
    "nothing-before-the-commit",
    "senders-are-members",
    "membership-takes-turns",
    "blocked-is-not-shown",
    "nothing-new-after-leaving",
    "only-members-are-accepted",
    "heads-stay-inside",
    "sender-is-authentic",
    "intruders-have-no-effect",
    "sessions-need-a-token",
    "sessions-end-with-their-token",
    "abuse-policy-is-kept",
    "unknown-types-are-placeholders",
    "old-apps-get-what-they-can-show",
    "stuck-is-silent",
    "expired-is-old",
    "outlived-is-not-pushed",
    "closed-when-done",
    "open-when-leased",
    "one-lease-is-no-end",
    "backlog-is-served",
    "inbox-is-for-members",
    "no-rows-for-large-groups",
    "hot-groups-pay-no-rows",
    "attachments-are-there",
    "one-blob-per-attachment",
    "notifications-prove-nothing",
    "hints-reach-their-user",
    "only-members-are-notified",
    "notifications-name-who-wrote",
    "what-arrives-is-shown",
    "notified-in-time",
    "only-who-should-is-handed-over",
    "handed-over-is-taken",
    "hints-end-for-a-reason",
    "one-hint-pending",
    "throttling-is-respected",
    "pushes-fit-their-platform",
    "badge-in-push-is-the-servers-count",
    "one-device-per-token",
    "invalid-tokens-are-left-alone",
    "no-livelock",
    "retry-after-is-respected",
    "rate-limits-bite",
    "lag-raises-an-alarm",
    "reconnects-are-spaced",
    "stops-are-gentle",
    "presence-does-not-flap",
    "connected-is-online",
    "offline-is-shown",
    "presence-is-shown-in-time",
    "last-seen-is-the-last-activity",
    "typing-is-shown",
    "typing-stays-inside",
    "typing-is-of-others",
    "pages-are-no-older",
    "live-in-time",
    "repaired-in-time",
    "every-device-shows-everything",
    "what-was-accepted-is-shown",
    "device-cursors-reach-the-head",
    "stored-cursors-reach-the-head",
    "badges-are-right",
    "badges-go-with-reading",
    "read-marks-converge",
    "views-are-followed",
    "blocks-are-kept",
    "receipts-are-shown",
    "receipt-counts-are-right",
    "statuses-agree",
    "stuck-devices-return",
    "cleaned-devices-come-back-whole",
    "presence-converges",
    "active-device-is-there",
    "typing-ends",
    "attachments-are-fetched",
    "tokens-converge",
    "every-hint-ends",
    "sleepers-are-notified",
    "unknown-types-stop-nobody",
    "placeholders-are-replaced",
    "profiles-converge",
    "every-send-is-answered",
    "every-message-is-published",
    "every-task-ends",
    "line-is-served",
    "turned-away-is-told",
    "failures-raise-an-alert",
    "inbox-is-complete",
)
"""The names of all properties. A new one stands beside its family; those of safety come before those of liveness."""


def collect(modules: Iterable[ModuleType], order: Iterable[str]) -> Registry[type[Property]]:
    """Return the properties that the modules define by name, in the stated order.

    Raises RegistryError for one that is there twice, has no place in the order, or stands in the order and nowhere else.
    """
    registry: Registry[type[Property]] = Registry("property", order, "ORDER of properties/catalogue.py")
    for module in modules:
        for kind in vars(module).values():
            own = isinstance(kind, type) and issubclass(kind, Property) and kind.__module__ == module.__name__
            if own and ("name" in vars(kind) or not kind.__subclasses__()):
                if lacks := [what for what in ("name", "family") if not hasattr(kind, what)]:
                    raise RegistryError(
                        f"{module.__name__}: the property {kind.__qualname__} has no {' and no '.join(lacks)}"
                    )
                registry.add(kind.name, kind, module.__name__)
    registry.complete()
    return registry


# Tests are left out, and the judge, which needs the catalogue itself.
_NAMES = [found.name for found in pkgutil.walk_packages([str(Path(__file__).parent)], "properties.")]
PROPERTIES = collect(
    [import_module(name) for name in _NAMES if not name.startswith(("properties.test_", "properties.judge"))], ORDER
)
CATALOGUE: tuple[type[Property], ...] = tuple(PROPERTIES.values())


def family_mark(family: str) -> str:
    """Return the pytest marker of a family: 'receipts and unread' is receipts_and_unread."""
    return family.replace(" ", "_").replace("-", "_")
