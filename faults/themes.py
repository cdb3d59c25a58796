"""Themes: what a seed does with force. A plan of a theme uses a few kinds of fault, again and again, with a workload that suits.

A plan that draws from seventy kinds, each with a fifth of a chance, seldom does the same thing twice, and comes nowhere that
takes three steps of one kind. So a campaign lists themes, and a share of its seeds draws one of them each; the rest stays
with what the campaign itself says. Which theme a plan has is written in it.

Some of what a protocol does goes by hours: how long a retry is known, how long a token is good. A theme, or a campaign, gives
one factor for all of it. It is for the reference's own values, and changes none that a variant has set: who keeps ids for two
minutes is asked about two minutes. No theme makes the time in which a retry is known shorter than its plans are long.

Requirements: V11, V5.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from model.protocol import REFERENCE

HOURS = (
    "service.dedupe_retention",
    "device.token_lifetime",
    "notification.give_up_after",
)
"""Settings that say how long something goes on, of an hour to a day: what a factor scales."""


class Theme(msgspec.Struct, frozen=True, kw_only=True):
    """What plans of a theme do. What is not given is as the campaign says."""

    about: str
    kinds: tuple[str, ...] = ()
    """The kinds of fault, one that is listed twice twice as likely; none given: `few` of the campaign's."""
    few: int = 0
    """How many kinds a plan uses: the first of `kinds`, and others that are drawn; 0: all of them."""
    faults: tuple[int, int] = (4, 12)
    """How many faults there are."""
    lasting: tuple[int, int] = (0, 0)
    """How long faults are on, in µs."""
    sends: tuple[int, int] = (0, 0)
    """How many messages are sent."""
    messages: tuple[str, ...] = ()
    """The kinds of message that faults are aimed at."""
    at_devices: bool = False
    """Whether faults that are armed at crash points also strike devices."""
    factor: float = 1.0
    """By which what the protocol says of hours (`HOURS`) is multiplied."""
    settings: Mapping[str, int | str] = {}
    """Settings with another value, where the protocol has that of the reference."""


def scaled(factor: float) -> dict[str, int | str]:
    """The reference's settings of hours, multiplied."""
    if factor == 1:
        return {}
    components = REFERENCE.components()
    values = {path: getattr(components[path.split(".")[0]], path.split(".")[1]) for path in HOURS}
    return {path: max(1, round(value * factor)) for path, value in values.items()}


SECOND = 1_000_000

THEMES: dict[str, Theme] = {
    "fetches that break": Theme(
        about="Connections die while a page, a digest or a list is on its way, and what was missed takes several pages.",
        kinds=("reset_at", "reset_at", "reset_at", "sleep", "drop_at", "flapping", "loss"),
        few=4,
        faults=(8, 20),
        sends=(20, 50),
        messages=("SyncRequest", "SyncPage", "SyncRequest", "SyncPage", "Digest", "PushMessage"),
        settings={"service.sync_page_size": 3},
    ),
    "full pages": Theme(
        about="Devices are away or are installed anew, while more is said than goes into a page.",
        kinds=("sleep", "sleep", "wipe", "kill_app", "drop_at", "crash"),
        few=3,
        faults=(3, 8),
        lasting=(20 * SECOND, 60 * SECOND),
        sends=(40, 70),
        settings={"service.sync_page_size": 4},
    ),
    "refused log-ins": Theme(
        about="Devices are thrown off, and refused for a minute or more; some tokens end or are revoked meanwhile.",
        kinds=("refuse_login", "refuse_login", "reset", "revoke_token", "reconnect_storm", "sleep"),
        few=3,
        faults=(3, 8),
        lasting=(50 * SECOND, 100 * SECOND),
    ),
    "outlasted": Theme(
        about="Faults go on for longer than a lease, a token and the longest pause between tries.",
        kinds=(
            "partition", "hold_down_at", "pause", "crash", "crash_at", "unanswered", "queue_unavailable",
            "store_unavailable", "isolate_leader", "refuse_login", "lose_quorum",
        ),
        few=3,
        faults=(2, 6),
        lasting=(40 * SECOND, 110 * SECOND),
        factor=1 / 60,
    ),
    "answers that never come": Theme(
        about="What is sent is carried out and not answered, so that it is tried again for as long as that goes on.",
        kinds=("unanswered", "unanswered", "sleep", "partition"),
        few=2,
        faults=(3, 8),
        sends=(20, 50),
        messages=("SendMessage", "Send", "Append"),
    ),
    "leaders that come back": Theme(
        about="A store's leader loses its place and regains it, while sends wait for its answer and are tried again.",
        kinds=("isolate_leader", "isolate_leader", "fail_over", "fail_over_at", "ambiguous_commit_at", "lose_quorum", "drop_at"),
        few=4,
        faults=(8, 20),
        lasting=(2 * SECOND, 20 * SECOND),
        sends=(30, 60),
        messages=("Appended", "Replicate", "Replicated", "Vote", "RequestVote", "Forwarded"),
    ),
    "given up": Theme(
        about="Devices are away for long, what was for them is given up early, and steps are held up at crash points.",
        kinds=("sleep", "sleep", "gone_for_good", "crash_at", "crash_at", "pause_at", "pause_at", "hold_down_at", "kill_app_at"),
        few=4,
        faults=(12, 30),
        sends=(40, 70),
        at_devices=True,
        settings={"store.stuck_after": 3 * SECOND, "store.sweep_interval": SECOND, "worker.time_to_live": SECOND},
    ),
    "asleep": Theme(
        about="Apps sleep for long, and the way of notifications is disturbed.",
        kinds=("sleep", "sleep", "sleep", "drop_push", "delay_push", "throttle_push", "rotate_token", "crash", "crash_at"),
        few=4,
        faults=(6, 14),
        lasting=(20 * SECOND, 80 * SECOND),
        sends=(20, 50),
    ),
    "a few": Theme(
        about="Three kinds of fault, drawn from all that the campaign knows, again and again.",
        few=3,
        faults=(6, 24),
    ),
}  # fmt: skip
"""All themes, by the name that campaigns list and plans carry."""
