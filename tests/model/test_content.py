"""What is sent is one value on its whole way to the store, and travels under the same draws as ever."""

from __future__ import annotations

from typing import Any, get_type_hints

import pytest
from msgspec.structs import asdict, replace
from support import SECOND, plan

from model.component import Component
from model.content import Content, Message, Wrapped
from model.decisions import overrides_private
from model.device.device import Device
from model.protocol import variant
from model.servers.gateway import Gateway
from model.servers.service import MessagingService
from model.store.store import MessageStore
from model.wire.client import PushMessage, SendMessage, SendResult, SyncPage
from model.wire.delivery import Publish, Push
from model.wire.service import Send
from model.wire.store import Append
from parley.run import Run

SENT: dict[str, Any] = {
    "conversation": "talk",
    "message": "m",
    "body": "hi",
    "sent_at": 5,
    "kind": "join",
    "subject": "bob",
    "size": 2,
    "payload_ref": "blob:1",
    "payload": "poll",
    "members": ("alice", "bob"),
    "simpler": True,
}
CONTENT = Content(**SENT)
ROW = Message.of(CONTENT, seq=7, sender="alice", device="alice-phone", audience=3)


@pytest.mark.requirement("P1", "D1")
def test_the_same_value_goes_from_the_outbox_to_the_store_and_becomes_the_row() -> None:
    seen: list[tuple[str, Content]] = []

    def noting(base: type[Component], method: str) -> type[Any]:
        def note(self: Any, wrapped: Any, *rest: Any) -> Any:
            seen.append((base.__name__, wrapped.content))
            return getattr(base, method)(self, wrapped, *rest)

        if method.startswith("_"):
            overrides_private(note)
        return type(f"Noting{base.__name__}", (base,), {method: note})

    methods = {
        "device": noting(Device, "_attempt"),
        "gateway": noting(Gateway, "on_send"),
        "service": noting(MessagingService, "persist"),
        "store": noting(MessageStore, "apply_append"),
    }
    run = Run(plan(sends=((5 * SECOND, "alice-phone"),)), variant("noting", **methods))
    outcome = run.execute()
    assert outcome.violated() == ()
    assert [where for where, _ in seen] == ["Device", "Gateway", "MessagingService", "MessageStore"]
    assert len({id(content) for _, content in seen}) == 1
    (content,) = {content for _, content in seen}
    (store,) = (s for s in run.deployment.network.of_kind(MessageStore) if s.conversations)
    row = store.conversations["talk"].rows[1]
    assert {name: getattr(row, name) for name in asdict(content)} == asdict(content)
    assert (row.sender, row.device, row.seq) == ("alice", "alice-phone", 1)
    for device in run.deployment.devices.values():
        shown = device.database["talk"].rows[1]
        assert replace(shown, audience=row.audience) == row  # the sender is not told how many members there were


def test_a_row_has_every_field_of_its_content() -> None:
    assert get_type_hints(Content).items() <= get_type_hints(Message).items()
    assert {name: getattr(ROW, name) for name in SENT} == SENT == asdict(CONTENT)
    assert (ROW.seq, ROW.sender, ROW.device, ROW.audience) == (7, "alice", "alice-phone", 3)


@pytest.mark.parametrize(
    "wrapped",
    [
        SendMessage(content=CONTENT, attempt=2),
        Send(content=CONTENT, sender="alice", device="alice-phone", attempt=2),
        Append(content=CONTENT, sender="alice", device="alice-phone", seq=4, epoch=5),
    ],
)
def test_what_wraps_a_content_answers_by_the_names_of_its_fields(wrapped: Wrapped) -> None:
    assert {name: getattr(wrapped, name) for name in SENT} == SENT
    assert wrapped.content is CONTENT


def test_fields_are_given_by_name() -> None:
    kinds: list[Any] = [Content, Message, SendMessage, Send, Append]
    for kind in kinds:
        with pytest.raises(TypeError, match="positional"):
            kind("talk")


@pytest.mark.requirement("F3")
def test_draws_go_by_the_keys_that_they_always_went_by() -> None:
    """A default key hashes the whole payload: another form of a content would be another run of every plan."""
    assert SendMessage(content=CONTENT, attempt=2).key() == 6574785626600319575
    assert Send(content=CONTENT, sender="alice", device="alice-phone", attempt=2).key() == 10652267381713139952
    assert Append(content=CONTENT, seq=4, epoch=5).key() == 10487426524504230125


def test_no_draw_goes_by_the_time_of_a_row() -> None:
    """The same delivery fares alike in two runs in which it was committed at different times."""
    later = replace(ROW, stored_at=9)
    for first, second in (
        (PushMessage("bob-phone", ROW), PushMessage("bob-phone", later)),
        (
            Push(ROW, "gateway-1", ("bob-phone",), "worker-1", 1),
            Push(later, "gateway-1", ("bob-phone",), "worker-1", 1),
        ),
        (Publish(ROW, "service"), Publish(later, "service")),
        (SyncPage("bob-phone", "talk", 6, (ROW,), 7, 7), SyncPage("bob-phone", "talk", 6, (later,), 7, 7)),
        (SendResult("talk", "m", 7, stored_at=1), SendResult("talk", "m", 7, stored_at=2)),
    ):
        assert first.key() == second.key()


def test_a_variant_changes_any_field_of_a_row_by_its_name() -> None:
    assert replace(ROW, body="GARBLED", seq=8) == Message.of(
        replace(CONTENT, body="GARBLED"), seq=8, sender="alice", device="alice-phone", audience=3
    )
