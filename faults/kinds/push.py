"""Faults of push notification: the provider drops, delays, throttles; users disable it; tokens rotate and move.

Requirements: F7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from faults.kinds.base import End, _check_probability, _Fault, _OnDevice
from faults.kinds.device import put_to_sleep

if TYPE_CHECKING:
    from faults.injector import Injector


class DropPush(_Fault, frozen=True, kw_only=True, tag="drop_push"):
    """The provider silently loses notifications to these devices (none given: all), each with this probability.

    `for_good`: not even the healing ends it. Nothing that is promised may need a push, so that it may last for ever.
    """

    duration: int
    devices: tuple[str, ...] = ()
    probability: float = 1.0
    for_good: bool = False

    requirement: ClassVar[str] = "F7"

    def __post_init__(self) -> None:
        _check_probability(self, "probability")

    def lasts(self) -> int:
        return self.duration

    def nodes(self) -> list[tuple[str, str]]:
        return [(f"devices[{i}]", device) for i, device in enumerate(self.devices)]

    def begin(self, injector: Injector) -> End | None:
        provider = injector.provider()
        devices = frozenset(self.devices or injector.deployment.devices)
        fault = (devices, int(self.probability * 2**64))
        provider.dropping.append(fault)
        if self.for_good:
            return None
        return lambda: provider.dropping.remove(fault) if fault in provider.dropping else None


class _OnPushes(_Fault, frozen=True, kw_only=True):
    """At the push provider, for these devices (none given: all), for `duration` µs."""

    duration: int
    devices: tuple[str, ...] = ()

    requirement: ClassVar[str] = "F7"

    def lasts(self) -> int:
        return self.duration

    def nodes(self) -> list[tuple[str, str]]:
        return [(f"devices[{i}]", device) for i, device in enumerate(self.devices)]

    def concerned(self, injector: Injector) -> frozenset[str]:
        return frozenset(self.devices or injector.deployment.devices)


class DelayPush(_OnPushes, frozen=True, kw_only=True, tag="delay_push"):
    """The provider delivers notifications to these devices (none given: all) `delay` µs later than it would."""

    delay: int

    def begin(self, injector: Injector) -> End | None:
        return _while_on(injector.provider().delaying, (self.concerned(injector), self.delay))


class ThrottlePush(_OnPushes, frozen=True, kw_only=True, tag="throttle_push"):
    """The provider takes no notifications for these devices (none given: all): try again in `retry_after` µs, it says."""

    retry_after: int

    def begin(self, injector: Injector) -> End | None:
        return _while_on(injector.provider().throttling, (self.concerned(injector), self.retry_after))


class DisablePush(_OnPushes, frozen=True, kw_only=True, tag="disable_push"):
    """The users of these devices (none given: all) have disabled notifications, and enable them `duration` µs later."""

    def begin(self, injector: Injector) -> End | None:
        return _while_on(injector.provider().disabled, self.concerned(injector))


def _while_on(faults: list[Any], fault: object) -> End:
    faults.append(fault)
    return lambda: faults.remove(fault) if fault in faults else None


class RotateToken(_OnDevice, frozen=True, kw_only=True, tag="rotate_token"):
    """The platform gives the device's app a new push token; the old one is invalid at once, also for what is pending.

    With `asleep` the app is suspended before, and opened by its user so many µs later: until then it can't register.
    """

    asleep: int = 0

    requirement: ClassVar[str] = "F7"

    def lasts(self) -> int:
        return self.asleep

    def begin(self, injector: Injector) -> End | None:
        device = injector.device(self.device)
        awake = put_to_sleep(device, injector) if self.asleep else None
        device.rotate_token()
        return awake


class SwitchAccount(_OnDevice, frozen=True, kw_only=True, tag="switch_account"):
    """On the handset of `device` its user logs out, and the user of the device `to` logs in, for `duration` µs.

    The push token stays with the handset. While it lasts, `device` does not run, and `to`, which keeps its database as an
    account does, is reached by that token; then `to` goes back to a handset of its own, with a new token. Nothing happens
    if one of the two takes part in another switch.
    """

    to: str
    duration: int

    requirement: ClassVar[str] = "F7"

    def lasts(self) -> int:
        return self.duration

    def nodes(self) -> list[tuple[str, str]]:
        return [("device", self.device), ("to", self.to)]

    def idle(self, injector: Injector) -> bool:
        host, guest = injector.device(self.device), injector.device(self.to)
        return host is guest or host.switched or guest.switched or host.gone or guest.gone

    def begin(self, injector: Injector) -> End | None:
        host, guest = injector.device(self.device), injector.device(self.to)
        host.switched = guest.switched = True
        guest.move_to(host.log_out())

        def back() -> None:
            token = guest.push_token
            guest.move_to("")
            host.log_in(token)
            host.switched = guest.switched = False

        return back
