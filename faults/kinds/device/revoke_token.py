"""The access token by which a device is connected is revoked: it was stolen, or an administrator ends the session.

Requirements: P15.
"""

from __future__ import annotations

from faults.kit import End, Node, OnDevice, Site, kind


@kind("revoke_token")
class RevokeToken(OnDevice):
    """The issuer revokes the access token by which the device is connected. It gets a new one when it connects again."""

    requirement = "P15"

    def idle(self, site: Site) -> bool:
        return not site.has_session(self.device)

    def strike(self, site: Site, node: Node) -> End | None:
        site.revoke_session(self.device)
        return None
