"""The pages in a real browser: a user's trainings and the administrators' pool, while real workers train."""

from collections.abc import Callable
from pathlib import Path

from support.browser import Reader
from support.escriptorium_server import Standin
from support.escriptorium_wish import Wish

Start = Callable[..., Standin]
Open = Callable[..., Reader]


def test_a_user_watches_a_training_and_cancels_another(start: Start, reader: Open, tmp_path: Path) -> None:
    there = start()
    wish = Wish(there)
    with there.worker(), there.pages() as address:
        user = reader(address)
        user.sign_in(f"guigo{0}-train")
        user.sees("#trainings", "Charters")
        user.page.screenshot(path=tmp_path / "trainings.png")
        user.page.get_by_role("link", name="Charters").click()
        wish.until_it_trains()
        user.sees("#training", "It trains on alpha.")  # without any click: the page is refreshed
        assert user.page.locator("figure.accuracy").count() == 0
        for number in (1, 2):
            there.allow(f"epoch-{number}")
            user.page.locator(f"figure.accuracy g.point >> nth={number - 1}").wait_for()
        user.page.screenshot(path=tmp_path / "training.png", full_page=True)
        there.allow("finish")
        user.sees(".arm-badge", "Done")
        user.page.screenshot(path=tmp_path / "done.png", full_page=True)
        there.until_ended(wish.task_id, 3)
