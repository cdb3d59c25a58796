"""Hooks are there for variants to override: they keep their names, and what hides something private by accident is refused."""

from __future__ import annotations

import pytest

from model.device.device import Device
from model.hooks import KINDS, LIFE, hooks_of
from model.protocol import REFERENCE, VariantError, variant
from model.servers.gateway import Gateway
from model.servers.notification import NotificationService
from model.store.store import MessageStore
from parley.variant import overrides_private

pytestmark = pytest.mark.requirement("V3")

NAMES = {
    "device": "on_welcome(welcome, connection); on_refused(refused, connection); on_pong(pong, connection); "
    "on_push(push, connection); on_send_result(result, connection); on_digest(digest, connection); "
    "on_sync_page(page, connection); on_head_hint(hint, connection); on_typing(frame, connection); "
    "on_live_receipts(frame, connection); on_block_kept(kept, connection); on_presence(frame, connection); "
    "on_token_kept(kept, connection); on_profile_kept(kept, connection); on_conversation_list(listed, "
    "connection); install(); boot(); end_life(*, silent); connection_lost(connection, why); erase(); "
    "connected_now(); disconnected_now(); shown_now(name, rows); heard_of(head); log_out(); log_in(token); "
    "suspend(); wake(by); beaten(); notified(notification)",
    "gateway": "on_hello(hello, connection); on_heartbeat(heartbeat, connection); on_send(frame, connection); "
    "on_ack(ack, connection); on_read_mark(mark, connection); on_block(block, connection); "
    "on_typing(typing, connection); on_typing_notice(notice, source); on_receipt_notice(notice, source); "
    "on_presence_notice(notice, source); on_sync_request(request, connection); on_resume(resume, "
    "connection); on_list_request(request, connection); on_register_token(frame, connection); "
    "on_profile(profile, connection); on_goodbye(goodbye, connection); on_push(push, source); "
    "on_push_hint(hint, source); install(); boot(); end_life(*, silent); connection_lost(connection, why)",
    "service": "on_send(send, call); on_cursor_update(update, call); on_read_update(update, call); "
    "on_digest_request(request, call); on_sync_read(read, call); on_list_read(read, call); "
    "on_profile_update(update, call); on_receipts_moved(moved, call); on_block_update(update, call); "
    "install(); boot(); end_life(*, silent); accept(send, call); persist(send); publish(send, outcome)",
    "sequencer": "used(send, place); lost(send, place, why, head)",
    "shard": "on_allocate(request, call); on_place_used(used, source); install(); boot(); end_life(*, silent); "
    "keep_leases(); fill(store); allocate(request, call)",
    "store": "on_request_vote(request, source); on_vote(vote, source); on_replicate(sent, source); "
    "on_replicated(ack, source); on_forwarded(forwarded, source); on_append(append, call); on_write(write, "
    "call); on_read(read, call); apply_append(append, at); apply_mark_published(mark, at); "
    "apply_write_inbox(write, at); apply_inbox_mark(mark, at); apply_dead_letter(letter, at); "
    "apply_cursor_update(update, at); apply_read_update(update, at); apply_acquire_lease(acquire, at); "
    "apply_last_seen(seen, at); apply_record_failures(record, at); apply_profile_update(update, at); "
    "apply_block_update(update, at); apply_sweep(sweep, at); read_unpublished(read); read_page(read); "
    "read_segment(read); read_heads(read); read_recipients(read); read_head(read); read_list(read); "
    "install(); boot(); end_life(*, silent); lead(); let_go()",
    "queue": "on_publish(publish, call); on_lease_request(request, call); on_complete(complete, call); "
    "on_release(release, call); install(); boot(); end_life(*, silent)",
    "worker": "on_push_result(result, source); install(); boot(); end_life(*, silent); deliver(message, token, "
    "queue, user); distribute(message, queue); write_inbox(message); hint(message, user); reach(message, "
    "user); push(delivery, number, attempt, offline)",
    "relay": "install(); boot(); end_life(*, silent); relay()",
    "cache": "on_read_page(read, call); install(); boot(); end_life(*, silent); forget()",
    "registry": "on_register(new, source); on_unregister(gone, source); on_lookup(lookup, call); "
    "on_clean_up(clean_up, source); install(); boot(); end_life(*, silent); forget()",
    "presence": "on_beat(beat, source); on_gone(gone, source); on_who_is_online(who, call); on_typing(typing, "
    "source); install(); boot(); end_life(*, silent); forget()",
    "notification": "on_notify(notify, call); on_token_update(update, call); on_clean_up(clean_up, source); "
    "install(); boot(); end_life(*, silent)",
    "provider": "on_notification(notification, call); install(); boot(); end_life(*, silent)",
    "objects": "on_put(put, call); on_get(get, call); install(); boot(); end_life(*, silent)",
}
"""The hooks of each component. Names may be added; those that are here are in other people's files."""


def test_hooks_keep_their_names_and_parameters() -> None:
    for component, cls in REFERENCE.components().items():
        there = {hook.signature for hook in hooks_of(cls).values()}
        assert {*NAMES.get(component, "").split("; ")} - {""} <= there, component


def test_each_kind_of_hook_is_there_and_every_turn_of_a_life_is_somebody_s() -> None:
    hooks = [hook for cls in REFERENCE.components().values() for hook in hooks_of(cls).values()]
    assert {hook.kind for hook in hooks} == {*KINDS}
    assert {hook.name for hook in hooks if hook.kind == "life"} == {*LIFE}


def test_a_hook_with_other_parameters_is_refused() -> None:
    class Mine(Gateway):
        def on_push(self, push):  # type: ignore[no-untyped-def, override]
            pass

    with pytest.raises(VariantError, match=r"gateway: Mine.on_push: expected the parameters \(self, push, source\)"):
        variant("mine", gateway=Mine)


def test_a_helper_that_hides_a_private_method_by_accident_is_refused() -> None:
    class Mine(NotificationService):
        def _send(self, name):  # type: ignore[no-untyped-def]
            pass

    with pytest.raises(
        VariantError, match=r"Mine._send hides NotificationService._send, which Parley itself calls"
    ) as raised:
        variant("mine", notification=Mine)
    assert raised.value.place == ("Mine", "_send")


def test_a_value_that_hides_a_private_method_is_refused() -> None:
    class Mine(NotificationService):
        _send = 3  # type: ignore[assignment]

    with pytest.raises(VariantError, match=r"hides NotificationService\._send"):
        variant("mine", notification=Mine)


def test_a_method_that_says_it_is_meant_or_calls_what_it_hides_is_taken() -> None:
    class Means(NotificationService):
        @overrides_private
        def _send(self, name):  # type: ignore[no-untyped-def]
            pass

    class Calls(NotificationService):
        def _send(self, name):  # type: ignore[no-untyped-def]
            for _ in range(2):
                super()._send(name)

    class CallsInside(NotificationService):
        def _send(self, name):  # type: ignore[no-untyped-def]
            [super(CallsInside, self)._send(each) for each in (name,)]

    for cls in (Means, Calls, CallsInside):
        assert variant("mine", notification=cls).notification is cls


def test_a_method_that_is_meant_and_takes_something_else_is_refused() -> None:
    class Mine(NotificationService):
        @overrides_private
        def _send(self):  # type: ignore[no-untyped-def, override]
            pass

    with pytest.raises(VariantError, match=r"Mine._send: expected the parameters \(self, name\), got \(self\)"):
        variant("mine", notification=Mine)


def test_a_name_under_which_the_class_keeps_its_state_is_refused() -> None:
    class Mine(Device):
        def _failures(self):  # type: ignore[no-untyped-def, override]
            return 3

    with pytest.raises(VariantError, match=r"Mine\._failures: Device keeps its own state under this name"):
        variant("mine", device=Mine)


def test_a_helper_with_a_name_of_its_own_is_taken() -> None:
    class Mine(MessageStore):
        _limit = 3

        def _of_mine(self):  # type: ignore[no-untyped-def]
            return self._limit

    assert variant("mine", store=Mine).store is Mine


def test_state_of_the_class_that_is_set_by_accident_where_a_life_begins_is_refused() -> None:
    class Mine(Device):
        def boot(self) -> None:
            super().boot()
            self._receipts = 3  # type: ignore[assignment]

    with pytest.raises(
        VariantError, match=r"device: Mine.boot sets self._receipts, under which ReadMarks keeps"
    ) as found:
        variant("mine", device=Mine)
    assert found.value.line == Mine.boot.__code__.co_firstlineno + 2


def test_state_that_is_a_variant_s_own_or_meant_may_be_set() -> None:
    class Own(Device):
        def boot(self) -> None:
            super().boot()
            self._my_receipts = 3
            self._failures += 1

    class Means(Device):
        @overrides_private
        def boot(self) -> None:
            super().boot()
            self._receipts = {}

    class Elsewhere(Device):
        def connected_now(self) -> None:
            self._receipts = {}
            super().connected_now()

    for cls in (Own, Means, Elsewhere):
        assert variant("mine", device=cls).device is cls
