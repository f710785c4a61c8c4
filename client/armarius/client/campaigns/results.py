"""What a campaign tells of its pages, beside them."""

import json
from pathlib import Path
from typing import Any

from armarius.client.campaigns.asked import Asked, PageAsked
from armarius.client.campaigns.filing import Filing
from armarius.client.campaigns.ledger import Ledger
from armarius.client.campaigns.place import CampaignPlace
from armarius.client.words import count
from armarius.functions.files import write_bytes


def write_results(place: CampaignPlace, asked: Asked, ledger: Ledger) -> None:
    """Writes ``pages.json``, with every page once and in order, and ``left-out.txt`` where there is something to tell.

    Who is given them learns nothing of the folders of this machine. Each is written in one step, and anew whenever
    this is called.
    """
    filing = Filing(place, asked)
    counts = ledger.counts()
    told = {
        "armarius_campaign_pages": 1,
        "campaign": asked.id,
        "name": asked.name,
        "source": asked.source if asked.source.startswith(("http://", "https://")) else Path(asked.source).name,
        "work": asked.work.model_dump(mode="json"),
        "notes": asked.notes,
        "counts": {"pages": len(asked.pages), "done": counts["done"], "left_out": counts["left out"]},
        "pages": [_page(filing, ledger, page) for page in asked.pages],
    }
    write_bytes(place.pages_path, (json.dumps(told, indent=1, ensure_ascii=False) + "\n").encode())
    _write_left_out(place, asked, ledger)


def _write_left_out(place: CampaignPlace, asked: Asked, ledger: Ledger) -> None:
    lines = [f"{page.number}\t{page.label or page.name}\t{why}\n" for page, why in ledger.left_out()]
    if lines:
        head = f"{count(len(lines), 'page')} of {len(asked.pages)} left out: number, label, reason\n"
        write_bytes(place.left_out_path, "".join([head, *lines]).encode())
    else:
        place.left_out_path.unlink(missing_ok=True)


def _page(filing: Filing, ledger: Ledger, page: PageAsked) -> dict[str, Any]:
    """Tells of one page, whether it is done or not."""
    held, result = ledger.held.get(page.number), ledger.result(page.number)
    told: dict[str, Any] = {
        "number": page.number,
        "label": page.label,
        "source": page.service.id if page.service else page.address or page.label,
        "state": ledger.state(page.number),
    }
    if held is not None:
        told["image"] = {"sha256": held.sha256}
        if held.file.is_relative_to(filing.place.folder):
            told["image"]["file"] = str(held.file.relative_to(filing.place.folder))
    if why := ledger.without_image.get(page.number):
        told["why"] = why
    if result is not None:
        told |= result.model_dump(mode="json", exclude={"image", "files", "fault", "message"})
        told["files"] = [filing.path(page.number, file.format).name for file in result.files]
        if result.fault:
            told |= {"fault": result.fault, "why": result.message}
    return told
