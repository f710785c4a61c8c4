"""Globus Groups: what groups there are, and who is in them."""

from typing import Any

from fastapi import APIRouter

from cloud.parts import CloudDep, GroupsCaller

router = APIRouter()


@router.get("/v2/groups/my_groups")
async def my_groups(cloud: CloudDep, me: GroupsCaller) -> list[dict[str, Any]]:
    """Tells the groups of who asks."""
    return cloud.identities.groups_of(me)


@router.get("/v2/groups/{group_id}")
async def group(group_id: str, cloud: CloudDep, me: GroupsCaller) -> dict[str, Any]:
    """Tells the members of a group."""
    return cloud.identities.group(group_id)
