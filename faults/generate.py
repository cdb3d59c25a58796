"""Makes plans from seeds: a random workload and random faults, with swarm selection.

Swarm selection: each plan uses only a random subset of the fault kinds. Plans that use everything at once keep
stepping on their own feet, and never get far in any one direction (Groce et al., Swarm Testing, ISSTA 2012).

Requirements: V5, F1, F2, F3, F4, F5, F6, F7, F8, F9.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from faults.aims import MS, ROUTED, SECOND, Aims
from faults.fault import drawn
from faults.kinds import EVERYDAY, KINDS, Fault
from faults.kinds.device.sleep import Sleep
from faults.kinds.push.disable_push import DisablePush
from faults.plan import (
    VERSION,
    Action,
    Block,
    Create,
    Join,
    Leave,
    OpenList,
    Plan,
    ProtocolRef,
    Read,
    Scroll,
    Send,
    Type,
    Update,
)
from faults.themes import THEMES, Theme, scaled
from model.topology import TopologySpec, expand
from sim.draws import Draws, Picker
from sim.limits import LIFT, beyond
from sim.near import near

PAYLOADS = ("poll", "sticker")
"""The payload types of random sends, besides text."""


MOST_DRAWN = 10_000
"""A random plan with more actions or faults takes minutes, and shows nothing that a smaller one would not."""

MOST_SEEDS = 10_000_000
"""More takes months."""


class Campaign(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What random plans of a scenario look like. Ranges are [least, most]."""

    seeds: int = 200
    """How many plans, of the seeds 1..seeds, unless the command says otherwise."""
    goals: bool = True
    """Whether a run of so many must reach all its goals; one that is about targets alone need not."""
    sends: tuple[int, int] = (8, 40)
    """How many messages are sent."""
    faults: tuple[int, int] = (0, 8)
    """How many faults there are."""
    churn: tuple[int, int] = (0, 0)
    """How many joins and leaves there are. With any, those who are no members send now and then, too."""
    scrolls: tuple[int, int] = (0, 0)
    """How often somebody scrolls up, by a few pages."""
    blocks: tuple[int, int] = (0, 0)
    """How often somebody blocks somebody else, or takes that back."""
    kinds: tuple[str, ...] = ()
    """The kinds of fault to choose from; none given: the everyday ones; '*': all, each once more if it is named too."""
    kind_probability: float = 0.5
    """The chance of each kind to be in a plan's swarm."""
    lasting: tuple[int, int] = (0, 0)
    """How long faults are on, in µs, of kinds that draw how long; [0, 0]: from 50 ms to 100 s, short ones as likely as long."""
    messages: tuple[str, ...] = ()
    """The kinds of message that faults of links and messages are aimed at; none given: all there are."""
    handed_on: bool = False
    """Whether a user's account is also moved between devices of one user, so that one's push token is the other's."""
    at_devices: bool = False
    """Whether faults that are armed at a node's crash point also strike devices, at what these are about to do."""
    away: float = 0.0
    """The share of plans in which one user closes all apps early, has notifications disabled, and is not back before healing."""
    themes: tuple[str, ...] = ()
    """The themes (faults/themes.py) of which a share of the plans has one each; '*': all."""
    themed: float = 0.5
    """That share, in turn: as many seeds in a row as that takes have each theme once. The other plans are as the rest says."""
    factor: float = 1.0
    """By which the reference's settings of hours are multiplied; no value that a variant has set."""
    stability: int = 0
    """For how many µs after the end of a timed fault the same target is left alone by the next one."""

    def __post_init__(self) -> None:
        for name in ("sends", "faults", "churn", "scrolls", "blocks", "lasting"):
            least, most = getattr(self, name)
            if not 0 <= least <= most:
                raise ValueError(f"{name}: expected 0 <= least <= most, got [{least}, {most}]")
        for name in ("sends", "faults", "churn", "scrolls", "blocks"):
            if beyond(getattr(self, name)[1], MOST_DRAWN):
                raise ValueError(
                    f"{name}: expected at most {MOST_DRAWN:,}, got {getattr(self, name)[1]:,}; {LIFT} draws more"
                )
        if self.seeds < 1:
            raise ValueError(f"seeds: expected at least 1, got {self.seeds}")
        if self.seeds > MOST_SEEDS:
            raise ValueError(f"seeds: expected at most {MOST_SEEDS:,}, got {self.seeds:,}")
        if self.factor <= 0:
            raise ValueError(f"factor: expected more than 0, got {self.factor}")
        for name in ("kind_probability", "away", "themed"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name}: expected a probability from 0 to 1, got {getattr(self, name)}")
        if self.stability < 0:
            raise ValueError(f"stability: expected at least 0 µs, got {self.stability}")
        for i, kind in enumerate(self.kinds):
            if kind not in KINDS and kind != "*":
                raise ValueError(f"kinds[{i}]: there is no fault {kind!r}{near(kind, KINDS)}")
        for i, theme in enumerate(self.themes):
            if theme not in THEMES and theme != "*":
                raise ValueError(f"themes[{i}]: there is no theme {theme!r}{near(theme, THEMES)}")
        for i, message in enumerate(self.messages):
            if message not in ROUTED:
                raise ValueError(
                    f"messages[{i}]: there is no message kind {message!r} between nodes{near(message, ROUTED)}"
                )

    def themes_drawn(self) -> tuple[str, ...]:
        """The names of the themes that plans have; one that is listed twice is had twice as often."""
        return tuple(each for name in self.themes for each in (THEMES if name == "*" else (name,)))

    def theme_of(self, seed: int) -> str:
        """The theme of a seed's plan, or ''."""
        themes = self.themes_drawn()
        if not themes or not self.themed:
            return ""
        place = seed % round(len(themes) / self.themed)
        return themes[place] if place < len(themes) else ""

    def every_kind(self) -> tuple[str, ...]:
        """The kinds that plans choose from, with those of themes, each once."""
        of_themes = (kind for name in self.themes_drawn() for kind in THEMES[name].kinds)
        return tuple(dict.fromkeys((*self.choice(), *of_themes)))

    def with_theme(self, theme: Theme, pick: Picker) -> Campaign:
        """The campaign of one plan that has this theme."""
        kinds = theme.kinds or self.choice()
        used = few_of(pick, kinds, theme.few, theme.kinds[:1]) if theme.few else kinds
        return msgspec.structs.replace(
            self,
            kinds=used,
            kind_probability=1.0,
            faults=theme.faults,
            lasting=theme.lasting if theme.lasting[1] else self.lasting,
            sends=theme.sends if theme.sends[1] else self.sends,
            messages=theme.messages or self.messages,
            at_devices=self.at_devices or theme.at_devices,
            factor=self.factor * theme.factor,
            stability=0,
        )

    def choice(self) -> tuple[str, ...]:
        """The kinds that plans choose from without a theme; one that is listed twice is twice as likely."""
        if "*" in self.kinds:
            return (*KINDS, *(kind for kind in self.kinds if kind != "*"))
        return self.kinds or EVERYDAY


_WORDS = (
    "yes", "no", "maybe", "who", "what", "where", "when", "a", "train", "dinner", "meeting", "picture", "keys", "tomorrow",
    "now", "soon", "thanks",
)  # fmt: skip


def words(pick: Picker) -> str:
    """What somebody writes: one to eight words."""
    return " ".join(pick.choose(_WORDS) for _ in range(pick.between(1, 8)))


_ATTACHMENTS = {0: 30_000, 1: 2_000_000}
"""Of twenty sends, one has a small attachment and one a large one, in bytes."""


def workload(pick: Picker, topology: TopologySpec, duration: int, count: int, changes: int = 0) -> list[Action]:
    """`count` sends, in bursts and pauses, from random devices to random conversations of theirs; some are read later.

    With `changes` of membership among them, some of the senders are no members, or no longer. A device of an old app gets
    the new one in some plans.
    """
    everybody = [device.name for device in topology.devices]
    members = {talk.name: talk.members for talk in topology.conversations if not talk.later}
    senders: dict[str, list[str]] = {
        name: [device.name for device in topology.devices if device.user in users] for name, users in members.items()
    }
    talking = [name for name in members if senders[name]]
    hot = pick.choose(talking)
    actions: list[Action] = []
    bodies, lists = pick.aside("bodies"), pick.aside("lists")
    at = 0
    pace = duration // max(1, count)
    for _ in range(count):
        burst = pick.chance(0.5)
        at += pick.below(20 * MS) if burst else pick.below(2 * pace + 1)
        conversation = hot if pick.chance(0.5) else pick.choose(talking)
        outsider = changes and pick.chance(0.4)
        device = pick.choose(everybody if outsider else senders[conversation])
        attachment = _ATTACHMENTS.get(pick.below(20), 0)
        type = pick.choose(PAYLOADS) if pick.chance(0.15) else ""
        actions.append(
            Send(
                at=min(at, duration),
                device=device,
                conversation=conversation,
                body=words(bodies),
                attachment=attachment,
                type=type,
                simpler=bool(type) and at % 2 == 0,
            )
        )
        if lists.chance(0.1):
            later = min(at + lists.below(10 * SECOND), duration)
            actions.append(OpenList(at=later, device=lists.choose(everybody)))
        if pick.chance(0.15):
            actions.append(Type(at=max(0, actions[-1].at - SECOND), device=device, conversation=conversation))
        if pick.chance(0.4):
            reader = pick.choose(senders[conversation])
            later = min(at + pick.below(10 * SECOND), duration)
            actions.append(Read(at=later, device=reader, conversation=conversation))
    if changes:
        actions += churn(pick, topology, duration, changes, actions)
    actions += [
        Update(at=pick.below(duration), device=spec.name, app_version="2.0")
        for spec in topology.devices
        if "*" not in spec.capabilities and pick.chance(0.3)
    ]
    return sorted(actions, key=lambda action: action.at)


def scrolling(pick: Picker, topology: TopologySpec, duration: int, count: int) -> list[Action]:
    """`count` times somebody scrolls up in a conversation, by one to four pages, a second or two apart."""
    there = [c for c in topology.conversations if not c.later]
    talks = [(d.name, c.name) for c in there for d in topology.devices if d.user in c.members]
    scrolls: list[Action] = []
    for _ in range(count):
        device, conversation = pick.choose(talks)
        at = pick.below(duration)
        for _ in range(pick.between(1, 4)):
            scrolls.append(Scroll(at=min(at, duration), device=device, conversation=conversation))
            at += pick.between(SECOND, 2 * SECOND)
    return scrolls


def creating(pick: Picker, topology: TopologySpec, duration: int) -> list[Action]:
    """Each conversation that begins later is created, now and then by two people at once, and talked in."""
    actions: list[Action] = []
    for talk in topology.conversations:
        devices = [device.name for device in topology.devices if device.user in talk.members]
        if talk.later and devices:
            at = pick.below(duration // 2)
            for creator in dict.fromkeys(pick.choose(devices) for _ in range(2 if pick.chance(0.2) else 1)):
                actions.append(Create(at=at, device=creator, conversation=talk.name, title=words(pick)))
                at += pick.below(SECOND)
            for _ in range(pick.between(2, 8)):
                at = min(duration, at + pick.below(5 * SECOND))
                actions.append(Send(at=at, device=pick.choose(devices), conversation=talk.name, body=words(pick)))
    return actions


def churn(pick: Picker, topology: TopologySpec, duration: int, count: int, sends: Sequence[Action]) -> list[Action]:
    """`count` joins and leaves, most of them within 200 ms of a send, by whoever is a member if all goes as planned."""
    there = [c for c in topology.conversations if not c.later]
    groups = [c for c in there if c.type == "group" or (not c.type and len(c.members) != 2)]
    if not groups:
        return []
    members = {group.name: list(group.members) for group in groups}
    devices: dict[str, list[str]] = {}
    for device in topology.devices:
        devices.setdefault(device.user, []).append(device.name)
    times = sorted(
        min(duration, max(0, pick.choose(sends).at + pick.below(400 * MS) - 200 * MS))
        if pick.chance(0.7)
        else pick.below(duration)
        for _ in range(count)
    )
    changes: list[Action] = []
    for at in times:
        group = pick.choose(groups).name
        inside = members[group]
        outside = [user for user in topology.users if user not in inside and user in devices]
        by = pick.choose([user for user in inside if user in devices])
        if outside and (len(inside) < 2 or pick.chance(0.5)):
            user = pick.choose(outside)
            inside.append(user)
            changes.append(Join(at=at, device=pick.choose(devices[by]), conversation=group, user=user))
        elif len(inside) > 1:
            user = by if pick.chance(0.6) else pick.choose([user for user in inside if user in devices])
            inside.remove(user)
            remover = user if user == by else inside[0]
            changes.append(Leave(at=at, device=pick.choose(devices[remover]), conversation=group, user=user))
    return changes


def absence(pick: Picker, topology: TopologySpec, duration: int) -> list[Fault]:
    """A user who closes all apps in the first quarter and is not to be reached: others have to see that."""
    user = pick.choose([device.user for device in topology.devices])
    devices = tuple(device.name for device in topology.devices if device.user == user)
    at = pick.below(duration // 4 + 1)
    asleep = [Sleep(device=device, at=at, duration=duration - at) for device in devices]
    return [DisablePush(devices=devices, at=at, duration=duration - at), *asleep]


def blocks(pick: Picker, topology: TopologySpec, duration: int, often: tuple[int, int]) -> list[Action]:
    """Somebody blocks somebody, now and then; of those who did, half take the last one back, on any of their devices."""
    people = sorted({device.user for device in topology.devices})
    if len(people) < 2:
        return []
    found: list[Action] = []
    last: dict[str, str] = {}
    for at in sorted(pick.below(duration) for _ in range(pick.between(*often))):
        device = pick.choose(topology.devices)
        lift = device.user in last and pick.chance(0.5)
        user = last.pop(device.user) if lift else pick.choose([each for each in people if each != device.user])
        if not lift:
            last[device.user] = user
        found.append(Block(at=at, device=device.name, user=user, lift=lift))
    return found


def swarm(pick: Picker, allowed: Sequence[str], probability: float) -> list[str]:
    """The fault kinds that one plan uses: each with this probability, at least one."""
    return pick.subset(allowed, probability) or [pick.choose(allowed)]


def few_of(pick: Picker, kinds: Sequence[str], few: int, always: Sequence[str]) -> tuple[str, ...]:
    """So many kinds of these, at random, or all if there are no more. One that is listed twice stays so, if it is drawn."""
    chosen: dict[str, None] = dict.fromkeys(always)
    several = [kind for kind in kinds if kind not in chosen]
    while several and len(chosen) < few:
        chosen[pick.choose(several)] = None
        several = [kind for kind in several if kind not in chosen]
    return tuple(kind for kind in kinds if kind in chosen)


def targets(fault: Fault) -> tuple[str, ...]:
    """What a fault is aimed at: nodes and store partitions by name, or the selectors that it uses."""
    named = [name for _, name in (*fault.nodes(), *fault.partitions())]
    return (*named, *(" ".join(selectors) for _, selectors in fault.selectors()))


def calm(faults: Sequence[Fault], stability: int, duration: int) -> tuple[Fault, ...]:
    """The faults in their order, with timed ones put off until their targets have been left alone for `stability` µs.

    One for which no time is left is dropped. Armed faults stay as they are: nobody knows when they strike.
    """
    if not stability:
        return tuple(faults)
    free: dict[str, int] = {}
    kept: list[Fault] = []
    for fault in faults:
        if not fault.armed:
            at = max([fault.at, *(free.get(target, 0) for target in targets(fault))])
            if at > duration:
                continue
            fault = msgspec.structs.replace(fault, at=at)
            free |= dict.fromkeys(targets(fault), at + fault.lasts() + stability)
        kept.append(fault)
    return tuple(sorted(kept, key=lambda fault: fault.at))


def generate(
    campaign: Campaign,
    topology: TopologySpec,
    seed: int,
    *,
    scenario: str,
    protocol: ProtocolRef,
    duration: int,
    bound: int,
    tail: int,
    explore_ties: bool,
    probe: bool = False,
    settings: dict[str, int | str] | None = None,
) -> Plan:
    """The plan of a seed. The same arguments give the same plan, on every machine."""
    pick = Picker(Draws(seed), "plan")
    theme, changed, settings = "", scaled(campaign.factor), settings or {}
    if campaign.themes:
        theme = campaign.theme_of(seed)
        if theme:
            campaign = campaign.with_theme(THEMES[theme], pick.aside("theme"))
            own = dict(THEMES[theme].settings)
            changed = scaled(campaign.factor) | own
            settings = {path: value for path, value in settings.items() if path not in own}
    everyone = expand(topology)
    aims = Aims(
        everyone,
        duration,
        messages=campaign.messages,
        handed_on=campaign.handed_on,
        at_devices=campaign.at_devices,
        lasting=campaign.lasting,
    )
    used = swarm(pick, campaign.choice(), campaign.kind_probability)
    actions = workload(
        pick,
        everyone,
        duration,
        pick.between(*campaign.sends),
        pick.between(*campaign.churn) if campaign.churn[1] else 0,
    )
    more = pick.aside("scrolls")
    actions += scrolling(more, everyone, duration, more.between(*campaign.scrolls))
    actions += blocks(pick.aside("blocks"), everyone, duration, campaign.blocks)
    actions += creating(pick.aside("creations"), everyone, duration)
    actions.sort(key=lambda action: action.at)
    faults = [drawn(pick.choose(used), pick, aims) for _ in range(pick.between(*campaign.faults))]
    leaving = pick.aside("away")
    if leaving.chance(campaign.away):
        faults += absence(leaving, everyone, duration)
    return Plan(
        parley_plan=VERSION,
        scenario=scenario,
        seed=seed,
        protocol=protocol,
        explore_ties=explore_ties,
        duration=duration,
        bound=bound,
        tail=tail,
        probe=probe,
        workload=tuple(actions),
        faults=calm(sorted(faults, key=lambda fault: fault.at), campaign.stability, duration),
        topology=topology,
        settings=settings,
        theme=theme,
        scaled={path: value for path, value in changed.items() if path not in settings},
    )
