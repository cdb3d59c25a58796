"""The door for kinds of fault: everything that a file with a new kind imports. It stays, wherever the classes behind it move.

A kind says where it strikes, what it does there, and how it is drawn:

    from parley.fault import Aims, AtPoint, End, Lasting, Node, OnNode, Picker, Site, kind


    class _Stumbles(OnNode):
        duration: Lasting

        requirement = "F2"

        def strike(self, site: Site, node: Node) -> End | None:
            return site.slow_down(node, 50, 0)

        @classmethod
        def how(cls, pick: Picker, aims: Aims):
            return {"duration": aims.a_while(pick)}


    @kind("stumble")
    class Stumble(_Stumbles):
        '''A node is fifty times as slow for `duration` µs.'''


    @kind("stumble_at")
    class StumbleAt(_Stumbles, AtPoint):
        '''A node is fifty times as slow for `duration` µs, from a crash point on.'''

A kind of fault is part of a plan's form, so its file lives in `faults/kinds` and has a place in `faults/order.py`. There it
imports the same names from `faults.kit`. How it is added, and what tells a forgotten step, is in docs/extending-parley.md. Times
are integer µs.

Requirements: F1, F2, F3, F4, F5, F6, F7, F8, F9.
"""

from faults.kit import *  # noqa: F403
from faults.kit import __all__ as __all__
