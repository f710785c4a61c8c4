"""Campaigns: many pages, from wherever they are, through the pool in parts, into one tidy folder."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from armarius.client.campaigns.asked import Limits, Work
    from armarius.client.campaigns.campaign import Campaign
    from armarius.client.campaigns.poolchunks import PoolChunks
    from armarius.client.campaigns.standing import CampaignState, Standing
    from armarius.client.campaigns.web.manners import Manners

__all__ = ["Campaign", "CampaignState", "Limits", "Manners", "PoolChunks", "Standing", "Work"]

_HOMES = {
    "Campaign": "campaign",
    "CampaignState": "standing",
    "Limits": "asked",
    "Manners": "web.manners",
    "PoolChunks": "poolchunks",
    "Standing": "standing",
    "Work": "asked",
}


def __getattr__(name: str) -> Any:
    """Imports the API when it is first used: parts of this package do without the pool."""
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
