"""A device's database is an older one.

Requirements: F8.
"""

from __future__ import annotations

from faults.kit import Aims, AtPoint, Choices, Delay, End, Lasting, Node, OnDevice, Picker, Site, kind


class _Restores(OnDevice):
    down: Lasting

    requirement = "F8"

    def spares(self, node: Node) -> bool:
        return node.gone

    @classmethod
    def how(cls, pick: Picker, aims: Aims) -> Choices:
        return {"down": aims.a_while(pick)}


@kind("restore")
class Restore(_Restores):
    """A backup of the device's database is made, and `age` µs later it replaces the database; `down` µs later the app starts.

    What has come since is gone with what waited in the outbox since; cursors and read marks are those of the backup.
    """

    age: Delay

    def strike(self, site: Site, node: Node) -> End | None:
        restore = site.back_up(site.device(self.device))
        ends: list[End] = []

        def replace(_: None) -> None:
            if not node.gone:
                ends.append(restore())

        def end() -> None:
            while ends:
                ends.pop()()

        site.later(self.age, replace, None)
        return end

    def lasts(self) -> int:
        return self.age + self.down

    @classmethod
    def how(cls, pick: Picker, aims: Aims) -> Choices:
        return {"age": aims.a_while(pick), **super().how(pick, aims)}


@kind("restore_at")
class RestoreAt(_Restores, AtPoint):
    """A backup of the device's database is made, and replaces the database when the device reaches a crash point.

    The app dies there, say between the local write and the ack, and starts with what it had when this was armed.
    """

    own = "device"
    most_nth = 8

    def begin(self, site: Site) -> End | None:
        restore = site.back_up(site.device(self.device))

        def reached(node: Node) -> None:
            if not node.gone:
                site.fired()
                site.ends(restore())

        return site.arm(self.watched(site), self.point, self.nth, reached)

    def strike(self, site: Site, node: Node) -> End | None:
        raise NotImplementedError

    @classmethod
    def aim_at(cls, pick: Picker, aims: Aims) -> Choices:
        return {**cls.aim(pick, aims), "point": pick.choose(aims.points["device"])}
