"""Bodies, which only devices can read: everybody else carries them, and knows how long they are.

It stands for end-to-end encryption. A `Sealed` has no text that could be asked for by name; it is opened by handing it somebody
who may open it, and devices are. A component that looks into one all the same is told so: by mypy, and when it runs.

    1. a service counts words in a body, to find spam: mypy and the run say that bodies are sealed
    2. a service puts a text of its own into a row: that is no sealed body, and a device shows what it finds

Requirements: P15, P20.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NoReturn

import msgspec
from xxhash import xxh3_64_hexdigest


class SealedError(TypeError, AttributeError):
    """A component that is no device tried to read a body."""


class Opener:
    """Base of what may open bodies: devices, which hold the keys of their conversations."""


class Sealed(msgspec.Struct, frozen=True, gc=False):
    """A body as it travels and is stored: ciphertext, of which everybody but devices knows the length only."""

    _text: str = ""

    def open(self, by: Opener) -> str:
        """The text, for a device."""
        if not isinstance(by, Opener):
            self._refuse("opened by what is no device")
        return self._text

    def __len__(self) -> int:
        return len(self._text)

    def __repr__(self) -> str:
        return f"Sealed({len(self)})"

    def _refuse(self, how: object = "read", *_: object) -> NoReturn:
        what = how if isinstance(how, str) and how.startswith("opened") else "read"
        raise SealedError(f"a body was {what}: bodies are sealed, and only devices can open them (model/sealed.py)")

    if not TYPE_CHECKING:  # what mypy refuses by itself, the run refuses in these words

        def __getattr__(self, name):
            if name.startswith("__"):
                raise AttributeError(name)
            self._refuse()

        __str__ = __format__ = __iter__ = __contains__ = __getitem__ = __add__ = __radd__ = __mod__ = _refuse
        __lt__ = __le__ = __gt__ = __ge__ = _refuse

        def __eq__(self, other):
            if isinstance(other, str | bytes):
                self._refuse()
            return isinstance(other, Sealed) and self._text == other._text

        def __hash__(self):
            return hash(self._text)


EMPTY = Sealed()
"""The body of what has none."""


def opened(body: object, by: Opener) -> str:
    """What a device makes of a body: its text, or what somebody has put in its place, as it is."""
    return body.open(by) if isinstance(body, Sealed) else str(body)


@lru_cache(maxsize=1 << 14)
def fingerprint(text: str, sender: str, sent_at: int, kind: str, subject: str, type: str, ref: str) -> str:
    """16 hex digits for all that a person sees of a message: who says what, when, and with which attachment.

    Kept, because a message is shown on many screens.
    """
    return xxh3_64_hexdigest("\0".join((text, sender, str(sent_at), kind, subject, type, ref)).encode())
