"""Elections (C5): which replica of a store partition leads.

Promise kept here: at most one leader a term, and it has every entry that was committed before. What may fail: any
replica may die, stand still or be cut off, and a leader that can't be heard is replaced though it may live. Term and vote
are durable: a replica that votes, dies and comes back doesn't vote again.

    1. a replica that slept through the last writes stands for leader: nobody whose log is ahead votes for it
    2. two stand at once: each has one vote and the third replica's goes to one of them, or to nobody who is behind

Requirements: C5, F4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from model.component import Component
from model.decisions import decision, setting
from model.events import LeaderElected, LeadershipLost
from model.wire.replication import Entry, RequestVote, Vote
from sim.draws import key
from sim.state import Marks

if TYPE_CHECKING:
    from model.directory import Directory
    from sim.network import Network

_PATIENCE = key("election patience")

FOLLOWER, CANDIDATE, LEADER = "follower", "candidate", "leader"


class Elector(Component):
    """The part of a replica that stands, votes, and knows who leads. What a leader does is the subclass's."""

    receives: ClassVar[dict[type, str]] = {RequestVote: "on_request_vote", Vote: "on_vote"}
    marks = Marks(
        durable="term voted_for log",
        volatile="role leader _watch _draws _patience _deadline _votes",
        aside="partition group peers alone",
    )

    election_timeout = setting(
        3_000_000,
        unit="µs",
        why="How long a follower hears nothing from a leader, at least, before it stands for leader itself.",
    )
    election_spread = setting(
        3_000_000,
        unit="µs",
        why="By up to this much it waits longer, drawn anew for each term, so that two rarely stand at once.",
        source="Raft (2014), section 5.2: randomised, as wide as the time-out itself",
    )

    def __init__(self, network: Network, name: str, region: str, directory: Directory) -> None:
        self.partition = directory.partition_of(name)
        self.group = directory.replicas[self.partition]
        self.peers = tuple(peer for peer in self.group if peer != name)
        self.alone = not self.peers
        super().__init__(network, name, region, directory)

    def install(self) -> None:
        self.term = 1
        self.voted_for = self.group[0]
        self.log: list[Entry] = []

    def boot(self) -> None:
        self.role = FOLLOWER
        self.leader = ""
        self._watch = 0
        self._draws = 0
        if self.alone:
            return
        if self.life.number == 1 and self.name == self.group[0]:
            self._lead()  # the first leader is there by configuration, as all replicas know
        else:
            self._watch_leader()

    # --- for the subclass --------------------------------------------------------------------------------------------

    def lead(self) -> None:
        """It leads from now on."""
        raise NotImplementedError

    def let_go(self) -> None:
        """What was under way as a leader is not answered any more; `role` and `leader` are those of a follower."""
        raise NotImplementedError

    # --- decisions ---------------------------------------------------------------------------------------------------

    @decision
    def is_elected(self, votes: int, replicas: int) -> bool:
        """Whether a candidate with so many votes, its own included, leads (C5): with those of most replicas.

        Variant::

            def is_elected(self, votes, replicas):
                return True
        """
        return votes > replicas // 2

    @decision
    def may_vote_for(self, candidate: str, voted_for: str) -> bool:
        """Whether a replica that voted for `voted_for` ('': nobody) in this term may vote for `candidate` (C5).

        One vote a term, and it survives a crash: two candidates of one term can't both have most votes. Most of the time
        `is_up_to_date` hides another answer, for the first of them to lead writes an entry at once, which the second lacks.
        It shows when the second asks before that entry has come: the campaign `elections` slows the replicas down for it.

        Variant::

            def may_vote_for(self, candidate, voted_for):
                return True
        """
        return voted_for in ("", candidate)

    @decision
    def is_up_to_date(self, candidate: tuple[int, int], own: tuple[int, int]) -> bool:
        """Whether a candidate's log is good enough for a vote (C5). Each is (term of the last entry, length of the log).

        Not behind the voter's own: so a leader has everything that was committed before it.

        Variant::

            def is_up_to_date(self, candidate, own):
                return True
        """
        return candidate >= own

    # --- elections ---------------------------------------------------------------------------------------------------

    def _follow(self, term: int, leader: str, why: str) -> None:
        """Becomes a follower in `term`, of `leader` if it is known."""
        deposed = self.role is LEADER
        if deposed:
            self.emit(LeadershipLost, self.partition, self.term, why)
        if term > self.term:
            self.term, self.voted_for = term, ""
        self.role, self.leader = FOLLOWER, leader
        self.let_go()
        if deposed:
            self._watch_leader()

    def _lead(self) -> None:
        self.role, self.leader = LEADER, self.name
        self._watch += 1
        self.emit(LeaderElected, self.partition, self.term)
        self.lead()

    def _draw_patience(self) -> None:
        self._draws += 1
        draw = self.draws.u64(_PATIENCE, self.key, self.term, self._draws)
        self._patience = self.election_timeout + (draw * self.election_spread >> 64)
        self._deadline = self.now + self._patience

    def _watch_leader(self) -> None:
        self._watch += 1
        self._draw_patience()
        self.after(self._patience, self._look, self._watch)

    def _look(self, watch: int) -> None:
        if watch != self._watch:
            return
        if self.now >= self._deadline:
            self._stand()
            if self.role is LEADER:
                return
        self.after(max(1, self._deadline - self.now), self._look, watch)

    def _stand(self) -> None:
        """Asks everybody for a vote in a new term."""
        self.term += 1
        self.role, self.leader, self.voted_for = CANDIDATE, "", self.name
        self._votes = {self.name: None}
        self._draw_patience()
        length, term = len(self.log), self._last_term()
        for peer in self.peers:
            self.cast(peer, RequestVote(self.term, self.name, peer, length, term))
        if self.is_elected(1, len(self.group)):
            self._lead()

    def _last_term(self) -> int:
        return self.log[-1].term if self.log else 0

    def on_request_vote(self, request: RequestVote, source: None) -> None:
        if request.term > self.term:
            self._follow(request.term, "", "newer term")
        granted = (
            request.term == self.term
            and self.may_vote_for(request.candidate, self.voted_for)
            and self.is_up_to_date((request.last_term, request.length), (self._last_term(), len(self.log)))
        )
        if granted:
            self.voted_for = request.candidate
            self._deadline = self.now + self._patience
        vote = Vote(self.term, self.name, request.candidate, granted)
        self.point("voted", self._vote, vote)

    def _vote(self, vote: Vote) -> None:
        self.cast(vote.candidate, vote)

    def on_vote(self, vote: Vote, source: None) -> None:
        if vote.term > self.term:
            self._follow(vote.term, "", "newer term")
        elif vote.term == self.term and vote.granted and self.role is CANDIDATE:
            self._votes[vote.voter] = None
            if self.is_elected(len(self._votes), len(self.group)):
                self._lead()
