"""The pages in a real browser: a user's trainings and the administrators' pool, while real workers train."""

from collections.abc import Callable
from pathlib import Path

from support.browser import Reader
from support.escriptorium_server import Standin
from support.escriptorium_wish import Wish

Start = Callable[..., Standin]
Open = Callable[..., Reader]


def test_a_user_cancels_a_training_and_watches_another(start: Start, reader: Open, tmp_path: Path) -> None:
    there = start()
    wish = Wish(there)
    with there.worker(), there.pages() as address:
        user = reader(address)
        user.sign_in(wish.name)
        user.page.get_by_role("link", name="Charters").click()
        user.sees("#training", "alpha has it")  # it goes to its site while the page is open

        user.page.locator("#cancel").focus()
        user.refreshed()
        assert user.page.evaluate("document.activeElement.id") == "cancel"  # a keyboard keeps its place
        user.page.once("dialog", lambda dialog: dialog.accept())
        user.page.keyboard.press("Enter")
        user.sees(".arm-message", "This training is being cancelled.")
        user.sees(".arm-badge", "Cancelled")
        assert user.page.locator("#cancel").count() == 0
        there.until_ended(wish.task_id, 4)
        there.until_closed(wish.training)
        user.photograph(tmp_path / "cancelled.png")

        again = wish.press()
        user.page.get_by_role("link", name="My trainings").click()
        user.sees("#trainings .arm-badge", "In the queue")
        user.photograph(tmp_path / "trainings.png")
        user.page.get_by_role("link", name="Charters").first.click()
        for number in (1, 2):
            there.allow(f"epoch-{number}")
            user.page.locator(f"figure.accuracy g.point >> nth={number - 1}").wait_for()  # the curve grows
        user.sees("#training", "It trains on alpha.")
        user.photograph(tmp_path / "training.png")
        there.allow("finish")
        user.sees(".arm-badge", "Done")
        user.photograph(tmp_path / "done.png")
        there.until_ended(again, 3)
        assert not user.page.evaluate("document.querySelector('#training').hasAttribute('hx-get')")
        user.page.get_by_role("link", name="Report", exact=True).click()
        user.sees("h1", "charters")
        user.photograph(tmp_path / "report.png")


def test_an_administrator_drains_a_site(start: Start, reader: Open, tmp_path: Path) -> None:
    there = start()
    there.do("user", name="admin", is_staff=True)
    with there.worker(), there.pages() as address:
        admin = reader(address, dark=True)
        admin.sign_in("admin", "/armarius/pool/")
        admin.sees("#s-alpha .arm-badge", "Online")  # the process beside the worker has asked it
        admin.page.get_by_role("button", name="Let alpha take no new trainings").click()
        admin.sees("#s-alpha .arm-badge", "Drained")
        wish = Wish(there)
        admin.sees("#jobs ~ div .arm-badge", "Waiting for a site")
        admin.photograph(tmp_path / "drained.png")
        assert there.starts() == 0
        admin.page.get_by_role("button", name="Let alpha take new trainings").click()
        there.allow("epoch-1")
        admin.page.locator("#jobs ~ div svg.sketch").wait_for()
        admin.photograph(tmp_path / "pool.png")
        phone = reader(address, width=390)
        phone.sign_in("admin", "/armarius/pool/")
        phone.sees("#s-alpha .arm-badge", "Online")
        assert not phone.wide()
        phone.photograph(tmp_path / "narrow.png")
        there.allow("epoch-2", "finish")
        there.until_ended(wish.task_id, 3)
        admin.sees("#pool", "Nothing is under way.")
