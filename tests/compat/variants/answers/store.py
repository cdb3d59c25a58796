"""Another answer to each decision of `store`, and another value of each setting, as docs/decisions.md showed them at 7aa79c4."""

from model.store import MessageStore
from sim.distributions import Constant


class OtherTrusts(MessageStore):
    def trusts(self, caller):
        return self.directory.has(caller.name)


class OtherIsElected(MessageStore):
    def is_elected(self, votes, replicas):
        return True


class OtherMayVoteFor(MessageStore):
    def may_vote_for(self, candidate, voted_for):
        return True


class OtherIsUpToDate(MessageStore):
    def is_up_to_date(self, candidate, own):
        return True


class OtherWriteQuorum(MessageStore):
    def write_quorum(self, replicas):
        return 1


class OtherCommits(MessageStore):
    def commits(self, entry_term, term):
        return True


class OtherStepsDown(MessageStore):
    def steps_down(self, silence):
        return False


class OtherConfirms(MessageStore):
    def confirms(self, read):
        return False


class OtherMergeCursor(MessageStore):
    def merge_cursor(self, stored, acked):
        return acked


class OtherOutdated(MessageStore):
    def outdated(self, known, acking):
        return False


class OtherBeginsAnew(MessageStore):
    def begins_anew(self, known, acking):
        return False


class OtherIsStuck(MessageStore):
    def is_stuck(self, last_ack_time, waiting_since, now):
        return now - last_ack_time >= self.stuck_after


class OtherReturns(MessageStore):
    def returns(self, update):
        return False


class OtherStoresStatus(MessageStore):
    def stores_status(self, members):
        return True


class OtherStatusRows(MessageStore):
    def status_rows(self, written, upto):
        return range(upto, upto + 1)


class OtherReplacesProfile(MessageStore):
    def replaces_profile(self, known, told):
        return known is None


class OtherAllowsStale(MessageStore):
    def allows_stale(self, read):
        return True


class OtherFindDuplicate(MessageStore):
    def find_duplicate(self, rows, append, at):
        return 0


class OtherRefuses(MessageStore):
    def refuses(self, table, append):
        return ""


class OtherRefusedBefore(MessageStore):
    def refused_before(self, table, append):
        return ""


class OtherReadsFrom(MessageStore):
    def reads_from(self, joined_at):
        return 1


class OtherReadsTo(MessageStore):
    def reads_to(self, left_at):
        return left_at - 1


class OtherReadable(MessageStore):
    def readable(self, member, after, head):
        return after + 1, head


class OtherEntitled(MessageStore):
    def entitled(self, table, seq):
        return [*table.members, *table.former]


class OtherHeadFor(MessageStore):
    def head_for(self, table, user):
        return table.head


class OtherPlace(MessageStore):
    def place(self, head, append):
        return head + 2


class OtherFences(MessageStore):
    def fences(self, epoch, newest):
        return False


class OtherMergeRead(MessageStore):
    def merge_read(self, stored, marked):
        return marked


class OtherReceipts(MessageStore):
    def receipts(self, table, user):
        return (table.head, table.head, table.head)


class OtherElectionTimeout(MessageStore):
    election_timeout = 6_000_000


class OtherElectionSpread(MessageStore):
    election_spread = 6_000_000


class OtherHeartbeatEvery(MessageStore):
    heartbeat_every = 2_000_000


class OtherReplicationLag(MessageStore):
    replication_lag = Constant(value=10_000)


class OtherBatch(MessageStore):
    batch = 128


class OtherStuckAfter(MessageStore):
    stuck_after = 5_184_000_000_000


class OtherSweepInterval(MessageStore):
    sweep_interval = 7_200_000_000


class OtherStatusThreshold(MessageStore):
    status_threshold = 16


class OtherServiceTime(MessageStore):
    service_time = Constant(value=10_000)


class OtherReceiptsThreshold(MessageStore):
    receipts_threshold = 200
