"""People and groups, as Globus Auth and Globus Groups tell of them."""

from typing import Any

from cloud.config import CloudConfig
from cloud.errors import ApiError


class Identities:
    """Everybody the cloud knows."""

    def __init__(self, config: CloudConfig) -> None:
        self._config = config

    def tell(self, identity_id: str) -> dict[str, Any]:
        """Returns what Globus Auth says of an identity.

        Raises:
            ApiError: Nobody has this id.
        """
        known = self._config.identities.get(identity_id)
        if known is None:
            raise ApiError(404, "NOT_FOUND", f"no identity {identity_id}")
        verified = {} if known.email_verified is None else {"email_verified": known.email_verified}
        return {
            **verified,
            "sub": identity_id,
            "id": identity_id,
            "username": known.username,
            "preferred_username": known.username,
            "name": known.name,
            "email": known.email,
            "identity_provider": self._config.identity_provider,
            "identity_provider_display_name": "local",
            "organization": "local",
            "status": "used",
        }

    def find(self, ids: set[str], usernames: set[str]) -> list[dict[str, Any]]:
        """Returns those identities that have one of the ids or usernames."""
        return [
            self.tell(identity_id)
            for identity_id, known in self._config.identities.items()
            if identity_id in ids or known.username in usernames
        ]

    def people(self) -> dict[str, str]:
        """Returns those who can sign in: id to username."""
        return {
            identity_id: known.username for identity_id, known in self._config.identities.items() if not known.service
        }

    def groups_of(self, identity_id: str) -> list[dict[str, Any]]:
        """Returns the groups of an identity, with its membership in each."""
        return [
            {
                "id": group_id,
                "name": group.name,
                "my_memberships": [_membership(identity_id, group.members[identity_id], group_id=group_id)],
            }
            for group_id, group in self._config.groups.items()
            if identity_id in group.members
        ]

    def group(self, group_id: str) -> dict[str, Any]:
        """Returns a group with its members.

        Raises:
            ApiError: There is no such group.
        """
        group = self._config.groups.get(group_id)
        if group is None:
            raise ApiError(404, "GROUP_NOT_FOUND", f"no group {group_id}")
        members = [_membership(member, role) for member, role in group.members.items()]
        return {"id": group_id, "name": group.name, "memberships": members}

    def in_group(self, identity_id: str, group_id: str) -> bool:
        """Tells whether an identity is a member of a group."""
        group = self._config.groups.get(group_id)
        return group is not None and identity_id in group.members


def _membership(identity_id: str, role: str, **more: str) -> dict[str, Any]:
    return {"identity_id": identity_id, "role": role, "status": "active", **more}
