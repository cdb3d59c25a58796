"""The order in which kinds of fault are drawn: part of what a seed means. New kinds come last.

Requirements: V5, V7.
"""

from __future__ import annotations

ORDER = (
    "crash", "crash_at", "hold_down", "hold_down_at", "pause", "pause_at", "slow_node", "slow_node_at", "clock_skew",
    "clock_skew_at", "clock_drift", "wrong_clock", "region_down", "rolling_restart", "partition", "loss",
    "duplication", "reordering", "delay_spike", "reset", "drop_at", "duplicate_at", "delay_at", "partial_partition",
    "region_delay", "unanswered", "unanswered_at", "clog_links", "fail_over", "fail_over_at", "isolate_leader",
    "lose_quorum", "store_unavailable", "store_slow", "ambiguous_commit", "ambiguous_commit_at", "write_conflict",
    "write_conflict_at", "stale_followers", "quorum_gone_for_good", "queue_unavailable", "queue_slow",
    "expire_leases", "expire_leases_at", "ambiguous_publish", "ambiguous_publish_at", "restart_broker", "wipe_cache",
    "wipe_cache_at", "freeze_cache", "drop_push", "delay_push", "throttle_push", "disable_push", "rotate_token",
    "switch_account", "sleep", "kill_app", "kill_app_at", "wipe", "intruder", "flapping", "reconnect_storm",
    "reconnect_storm_at", "gone_for_good", "burst", "hot_conversation", "thundering_herd", "bad_token",
    "revoke_token", "flag_sender", "restore", "restore_at",
    "refuse_login", "reset_at", "drain", "drain_at",
)  # fmt: skip
"""The kinds of fault, by the names that they have in a plan."""
