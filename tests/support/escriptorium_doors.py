"""A stand-in eScriptorium that serves its sign-in page, and a browser without a window."""

import json
import os
import re
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from armarius.client.config import HOME_VARIABLE, JOURNAL_VARIABLE
from support.cli import until
from support.ports import free_port

STANDIN = Path(__file__).parents[1] / "standin"
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_MESSAGE = re.compile(r'<p class="message">(.*?)</p>', re.DOTALL)


@dataclass
class House:
    """One instance that serves.

    Attributes:
        url: Its address.
        folder: All that it writes.
        environment: Of its processes.
    """

    url: str
    folder: Path
    environment: dict[str, str]

    def people(self, *new: dict[str, Any]) -> list[dict[str, Any]]:
        """Makes accounts, and returns all that there are."""
        found: list[dict[str, Any]] = requests.post(self._people, json=new, timeout=30).json()
        return found

    def empty(self) -> None:
        """Takes all accounts away."""
        requests.delete(self._people, timeout=30).raise_for_status()

    @property
    def _people(self) -> str:
        return f"{self.url}_people/"

    def usernames(self) -> list[str]:
        return [person["username"] for person in self.people()]

    @property
    def database(self) -> Path:
        return self.folder / "database"

    @property
    def log(self) -> Path:
        return self.folder / "web.log"


class Browser(requests.Session):
    """Somebody at their browser, who signs in elsewhere by following the link that bears their name."""

    def __init__(self, house: House, person: str = "") -> None:
        super().__init__()
        self.house, self.person = house, person
        self.trust_env = False

    def see(self, path: str) -> requests.Response:
        """Opens a page of eScriptorium."""
        return self.get(urllib.parse.urljoin(self.house.url, path), timeout=30)

    def press(self, page: requests.Response, path: str, **fields: str) -> requests.Response:
        """Presses a button of a page; where it leads elsewhere, this person signs in there and comes back."""
        token = _TOKEN.search(page.text)
        given = {"csrfmiddlewaretoken": token[1] if token else "", **fields}
        url = urllib.parse.urljoin(self.house.url, path)
        return self.follow(self.post(url, data=given, allow_redirects=False, timeout=30))

    def follow(self, answer: requests.Response) -> requests.Response:
        """Follows redirects to the end."""
        while answer.is_redirect:
            answer = self.get(self.identified(self.next_of(answer)), allow_redirects=False, timeout=30)
        return answer

    def next_of(self, answer: requests.Response) -> str:
        return urllib.parse.urljoin(answer.url, answer.headers["Location"])

    def identified(self, url: str) -> str:
        """The address of a sign-in page elsewhere, with the name of this person."""
        elsewhere = not url.startswith(self.house.url) and urllib.parse.urlsplit(url).path.endswith(
            ("/login", "/authorize")
        )
        return f"{url}&as={urllib.parse.quote(self.person)}" if elsewhere else url

    def who(self) -> str | None:
        """As whom eScriptorium knows this browser."""
        answer = self.see("/projects/")
        return str(answer.json()["user"]) if "json" in answer.headers["Content-Type"] else None

    def password(self, username: str, password: str) -> None:
        self.press(self.see("/login/"), "/login/", username=username, password=password)


def messages(page: requests.Response) -> list[str]:
    """What a page says above all else."""
    return _MESSAGE.findall(page.text)


@contextmanager
def serving(folder: Path, doors: dict[str, dict[str, Any]], **variables: str) -> Iterator[House]:
    """Starts an instance with these ways to sign in; it ends with the block.

    Args:
        folder: Where it writes.
        doors: Way to what it is called with: ``{"cas": {"server": …}}``.
        variables: Of its environment.
    """
    folder.mkdir(parents=True, exist_ok=True)
    engine = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "database")}
    given = {
        "STANDIN_DATABASE": json.dumps(engine),
        "STANDIN_DOORS": json.dumps(doors),
        "DJANGO_SETTINGS_MODULE": "doors.settings",
        "PYTHONPATH": os.pathsep.join((str(STANDIN), str(STANDIN / "apps"))),
        HOME_VARIABLE: str(folder / "home"),
        **variables,
    }
    environment = {name: value for name, value in os.environ.items() if name != JOURNAL_VARIABLE} | given
    django = [sys.executable, "-W", "ignore", "-m", "django"]
    quick = {"env": environment, "check": True, "capture_output": True}
    subprocess.run([*django, "migrate", "--run-syncdb", "-v", "0"], **quick)
    port = free_port()
    house = House(f"http://127.0.0.1:{port}/", folder, environment)
    with house.log.open("ab") as log:
        server = subprocess.Popen(
            [*django, "runserver", f"127.0.0.1:{port}", "--noreload", "--skip-checks"],
            env=environment, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        until(lambda: _serves(house.url), "the stand-in's pages")
        yield house
    finally:
        server.kill()
        server.wait()


def _serves(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).ok
    except requests.RequestException:
        return False
