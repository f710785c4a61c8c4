import gzip
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from email.utils import formatdate
from importlib.metadata import version
from pathlib import Path
from time import monotonic, time
from typing import Any

import pytest

from armarius.client.campaigns.errors import AddressRefused, FetchFailed, TooLarge
from armarius.client.campaigns.web.manners import Manners
from armarius.client.campaigns.web.retrying import AskedToWait
from armarius.client.campaigns.web.visitor import Arrived, Left, Marks, Visitor
from support.web import Answer, Web


class Recorded(Visitor):
    """Waits in no time, and notes for how long it would have."""

    def __init__(self, manners: Manners) -> None:
        super().__init__(manners)
        self.waited: list[float] = []

    def _wait(self, seconds: float) -> None:
        self.waited.append(seconds)


def visitor(server: Web, **manners: Any) -> Recorded:
    given: dict[str, Any] = {"per_second": 50, "allowed": (server.host,), "silence": 5.0} | manners
    return Recorded(Manners(**given))


def fetched(visit: Visitor, address: str, file: Path, most: int = 1000, known: Marks | None = None) -> Arrived | None:
    try:
        return visit.fetch(address, file, most, known)
    finally:
        visit.close()


def test_what_is_there_comes_with_its_marks(server: Web, tmp_path: Path) -> None:
    server.says["/a"] = Answer(b"hello", headers={"ETag": '"1"', "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"})
    came = fetched(visitor(server, contact="htr@example.org"), server.url("/a"), tmp_path / "a")
    assert came is not None
    assert (came.size, came.marks) == (5, Marks('"1"', "Mon, 01 Jan 2024 00:00:00 GMT"))
    assert (tmp_path / "a").read_bytes() == b"hello"
    agent = server.asked[0].headers["user-agent"]
    assert agent == f"Armarius/{version('armarius')} (handwritten text recognition; campaign; htr@example.org)"


def test_what_has_not_changed_is_not_sent_again(server: Web, tmp_path: Path) -> None:
    server.says["/a"] = lambda request: Answer(status=304 if request.headers.get("if-none-match") == '"1"' else 200)
    assert fetched(visitor(server), server.url("/a"), tmp_path / "a", known=Marks('"1"', "")) is None


def test_a_busy_server_is_asked_again_when_it_wants_to_be(server: Web, tmp_path: Path) -> None:
    later = formatdate(time() + 40, usegmt=True)
    server.says["/a"] = [
        Answer(status=429, headers={"Retry-After": "7"}),
        Answer(status=503, headers={"Retry-After": later}),
        Answer(status=502),
        Answer(b"hello"),
    ]
    visit = visitor(server)
    assert fetched(visit, server.url("/a"), tmp_path / "a") is not None
    assert len(server.asked) == 4
    assert visit.waited[1] == 7
    assert any(30 < seconds <= 40 for seconds in visit.waited)
    # The host is left alone by all threads for as long.
    assert any(5 < seconds <= 7 for seconds in visit.waited[2:3])


def test_a_server_that_wants_a_day_is_left_alone_at_once(server: Web, tmp_path: Path) -> None:
    server.says["/a"] = Answer(status=503, headers={"Retry-After": "86400"})
    with pytest.raises(AskedToWait, match="was answered with 503") as caught:
        fetched(visitor(server), server.url("/a"), tmp_path / "a")
    assert caught.value.transient
    assert len(server.asked) == 1


@pytest.mark.parametrize(("status", "transient", "times"), [(404, False, 1), (403, False, 1), (500, True, 3)])
def test_only_what_may_pass_is_tried_again(
    server: Web, tmp_path: Path, status: int, transient: bool, times: int
) -> None:
    server.says["/a"] = Answer(status=status)
    with pytest.raises(FetchFailed, match=f"was answered with {status}") as caught:
        fetched(visitor(server, tries=3), server.url("/a"), tmp_path / "a")
    assert caught.value.transient is transient
    assert len(server.asked) == times


def test_a_line_that_breaks_is_tried_again(server: Web, tmp_path: Path) -> None:
    torn = Answer(b"hel", headers={"Content-Length": "5", "Connection": "close"})
    server.says["/a"] = [torn, Answer(b"hello")]
    came = fetched(visitor(server), server.url("/a"), tmp_path / "a")
    assert came is not None
    assert (tmp_path / "a").read_bytes() == b"hello"


def test_a_server_that_is_silent_is_given_up(server: Web, tmp_path: Path) -> None:
    never = threading.Event()

    def silence() -> Iterator[bytes]:
        yield b"a"
        never.wait(5)

    server.says["/a"] = Answer(pieces=silence())
    with pytest.raises(FetchFailed) as caught:
        fetched(visitor(server, silence=0.05, tries=1), server.url("/a"), tmp_path / "a")
    never.set()
    assert caught.value.transient


def test_a_server_that_drips_is_given_up(server: Web, tmp_path: Path) -> None:
    def drops() -> Iterator[bytes]:
        while True:
            yield b"a" * 1000

    server.says["/a"] = Answer(pieces=drops())
    with pytest.raises(FetchFailed, match="comes too slowly"):
        fetched(visitor(server, slowest=0.05, tries=1), server.url("/a"), tmp_path / "a", most=10**12)


@pytest.mark.parametrize("announced", [True, False])
def test_too_much_is_not_read_to_its_end(server: Web, tmp_path: Path, announced: bool) -> None:
    server.says["/a"] = Answer(b"a" * 2000) if announced else Answer(pieces=iter([b"a" * 500] * 100_000))
    with pytest.raises(TooLarge, match=r"has more than 1.0 kB"):
        fetched(visitor(server), server.url("/a"), tmp_path / "a")
    assert len(server.asked) == 1


def test_what_unpacks_to_a_thousand_times_more_is_too_much(server: Web, tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    server.says["/a"] = Answer(bomb, headers={"Content-Encoding": "gzip"})
    with pytest.raises(TooLarge):
        fetched(visitor(server), server.url("/a"), tmp_path / "a", most=1_000_000)
    assert (tmp_path / "a").stat().st_size <= 1_000_000


def test_a_redirect_is_followed_and_a_circle_is_not(server: Web, tmp_path: Path) -> None:
    server.says["/a"] = Answer(status=302, headers={"Location": "/b"})
    server.says["/b"] = Answer(b"hello")
    server.says["/c"] = Answer(status=302, headers={"Location": "/c"})
    visit = visitor(server)
    assert visit.fetch(server.url("/a"), tmp_path / "a", 1000) is not None
    with pytest.raises(FetchFailed, match="leads elsewhere again and again") as caught:
        fetched(visit, server.url("/c"), tmp_path / "a")
    assert not caught.value.transient
    assert len(server.asked_for("/c")) == 6


@pytest.mark.parametrize(
    "inner",
    [
        "http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://[::1]:{port}/", "http://0.0.0.0:{port}/",
        "http://2130706433:{port}/", "http://0x7f.1:{port}/", "http://[::ffff:127.0.0.1]:{port}/", "http://10.1.2.3/",
        "http://192.168.0.1/", "http://172.16.0.1/", "http://169.254.169.254/latest/meta-data/", "http://100.64.0.1/",
        "http://[fe80::1]/", "http://[fd00::1]/", "http://224.0.0.1/",
    ],
)  # fmt: skip
def test_machines_of_an_inner_network_are_not_asked(server: Web, tmp_path: Path, inner: str) -> None:
    with pytest.raises((AddressRefused, FetchFailed)):
        fetched(
            visitor(server, allowed=("elsewhere.example",), tries=1), inner.format(port=server.port), tmp_path / "a"
        )
    assert server.asked == []


@pytest.mark.parametrize("number", ["[fec0::1]", "[fec0::ffff:1]", "240.0.0.1"])
def test_only_the_public_network_is_asked(server: Web, tmp_path: Path, number: str) -> None:
    with pytest.raises(AddressRefused, match="inside of a network"):
        fetched(visitor(server, tries=1), f"http://{number}/", tmp_path / "a")


@pytest.mark.parametrize("to", ["http://localhost:{port}/secret", "http://169.254.169.254/", "file:///etc/passwd"])
def test_a_redirect_leads_nowhere_inside(server: Web, tmp_path: Path, to: str) -> None:
    server.says["/a"] = Answer(status=302, headers={"Location": to.format(port=server.port)})
    server.says["/secret"] = Answer(b"secret")
    with pytest.raises(AddressRefused):
        fetched(visitor(server), server.url("/a"), tmp_path / "a")
    assert server.asked_for("/secret") == []


def test_a_name_that_leads_inside_is_not_asked(server: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, asked = socket.getaddrinfo, []

    def lying(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host == "iiif.example.org":
            asked.append(host)
            return real("127.0.0.1", *args, **kwargs)
        return real(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", lying)
    with pytest.raises(AddressRefused, match="inside of a network"):
        fetched(visitor(server), f"http://iiif.example.org:{server.port}/a", tmp_path / "a")
    assert asked
    assert server.asked == []


def test_only_the_very_machine_is_allowed(server: Web, tmp_path: Path) -> None:
    server.says["/a"] = Answer(b"hello")
    for allowed in ("127.0.0.1:1", "27.0.0.1", f"127.0.0.1:{server.port}0", "127.0.0.1"):
        with pytest.raises(AddressRefused):
            fetched(visitor(server, allowed=(allowed,)), server.url("/a"), tmp_path / "a")
    with pytest.raises(AddressRefused):
        fetched(visitor(server), f"http://{server.host}@127.0.0.1:{server.port}/a", tmp_path / "a")
    assert server.asked == []


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd", "ftp://example.org/a", "data:image/png;base64,aaaa", "javascript:alert(1)",
        "//example.org", "http:///a", "http://me:secret@example.org/", "http://example.org/a b",
        "http://example.org/a\nHost: b", "http://example.org:99999/", "http://[::1/", "", "x" * 5000, "http://example.org\\@127.0.0.1/",
    ],
)  # fmt: skip
def test_what_is_no_address_of_the_web_is_refused(server: Web, tmp_path: Path, address: str) -> None:
    with pytest.raises(AddressRefused):
        fetched(visitor(server), address, tmp_path / "a")


def test_no_password_and_no_cookie_is_sent(server: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server.says["/a"] = Answer(b"hello", headers={"Set-Cookie": "who=me"})
    visit = visitor(server)
    visit.fetch(server.url("/a"), tmp_path / "a", 1000)
    fetched(visit, server.url("/a"), tmp_path / "a")
    assert not {"authorization", "cookie"} & set(server.asked[1].headers)


def test_who_is_told_to_go_waits_no_longer(server: Web, tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    visit = Visitor(Manners(per_second=0.001, allowed=(server.host,)), stop)
    with pytest.raises(Left):
        fetched(visit, server.url("/a"), tmp_path / "a")
    assert server.asked == []


def test_requests_to_a_host_keep_their_distance(server: Web, tmp_path: Path) -> None:
    server.says["/a"] = Answer(b"hello")
    visit = Visitor(Manners(per_second=20, allowed=(server.host,)))
    threads = [
        threading.Thread(target=visit.fetch, args=(server.url("/a"), tmp_path / str(number), 1000))
        for number in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    visit.close()
    times = sorted(request.at for request in server.asked)
    assert len(times) == 4
    assert times[-1] - times[0] >= 3 / 20 - 0.03


@pytest.mark.parametrize(
    "headers",
    [
        {"Location": "http://["},
        {"Location": "http://[::1"},
        {"Content-Length": "\xb2"},
        {"Retry-After": "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"},
    ],
)
def test_an_odd_answer_fails_alone(server: Web, tmp_path: Path, headers: dict[str, str]) -> None:
    server.says["/a"] = Answer(
        status={"Location": 302, "Retry-After": 503}.get(next(iter(headers)), 200), headers=headers
    )
    with pytest.raises(FetchFailed):
        fetched(visitor(server, tries=1, silence=0.2), server.url("/a"), tmp_path / "a")


def test_a_redirect_in_latin_1_is_followed(server: Web, tmp_path: Path) -> None:
    server.says["/a"] = Answer(status=302, headers={"Location": "/caf\xe9 1.jpg"})
    server.says["/caf%C3%A9%201.jpg"] = Answer(b"hello")
    assert fetched(visitor(server), server.url("/a"), tmp_path / "a") is not None


def test_the_body_of_a_redirect_is_not_read(server: Web, tmp_path: Path) -> None:
    sent: list[int] = []

    def endless() -> Iterator[bytes]:
        while True:
            sent.append(1)
            yield b"a" * 100_000

    server.says["/a"] = Answer(status=302, headers={"Location": "/b"}, pieces=endless())
    server.says["/b"] = Answer(b"hello")
    assert fetched(visitor(server, slowest=5.0, tries=1), server.url("/a"), tmp_path / "a") is not None
    assert len(sent) < 1000


def test_each_step_of_a_redirect_takes_its_turn(server: Web, tmp_path: Path) -> None:
    server.says["/a"] = Answer(status=302, headers={"Location": "/b"})
    server.says["/b"] = Answer(b"hello")
    visit = visitor(server, per_second=0.1)
    assert fetched(visit, server.url("/a"), tmp_path / "a") is not None
    assert visit.waited[0] == 0
    assert 9 < visit.waited[1] <= 10


def test_a_redirect_makes_us_say_no_password(server: Web, tmp_path: Path) -> None:
    server.says["/a"] = Answer(status=302, headers={"Location": f"http://me:secret@{server.host}/b"})
    with pytest.raises(AddressRefused, match="holds a name or a password"):
        fetched(visitor(server), server.url("/a"), tmp_path / "a")
    assert len(server.asked) == 1


def test_a_redirect_tells_the_next_machine_its_own_name(
    server: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("requests_hardened.ip_filter_adapter.filter_host", lambda *_, **__: "127.0.0.1")
    monkeypatch.setattr("armarius.client.campaigns.web.sessions.require_public", lambda _: None)
    server.says["/a"] = Answer(status=302, headers={"Location": server.url("/b")})
    server.says["/b"] = Answer(b"hello")
    fetched(visitor(server), f"http://iiif.example.org:{server.port}/a", tmp_path / "a")
    hosts = [request.headers["host"] for request in server.asked]
    assert hosts == [f"iiif.example.org:{server.port}", server.host]


def drip(gone: threading.Event) -> Iterator[bytes]:
    """A byte now and then, each well before silence is given up."""
    while not gone.wait(0.02):
        yield b"a"


def test_a_drip_keeps_us_no_longer_than_is_allowed(server: Web, tmp_path: Path) -> None:
    gone = threading.Event()
    server.says["/a"] = Answer(pieces=drip(gone))
    began = monotonic()
    with pytest.raises(FetchFailed, match="comes too slowly") as caught:
        fetched(visitor(server, slowest=0.2, tries=1), server.url("/a"), tmp_path / "a")
    gone.set()
    assert caught.value.transient
    assert monotonic() - began < 5


def test_headers_that_drip_keep_us_no_longer_either(tmp_path: Path) -> None:
    gone = threading.Event()

    def serve() -> None:
        line, _ = listening.accept()
        with line, suppress(OSError):
            line.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            for piece in drip(gone):
                line.sendall(piece)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = threading.Thread(target=serve)
        server.start()
        host = f"127.0.0.1:{listening.getsockname()[1]}"
        visit = Recorded(Manners(per_second=50, allowed=(host,), tries=1, slowest=0.3))
        began = monotonic()
        with pytest.raises(FetchFailed, match="comes too slowly"):
            fetched(visit, f"http://{host}/a", tmp_path / "a")
        gone.set()
        server.join()
    assert monotonic() - began < 5


def test_who_is_told_to_go_reads_no_longer(server: Web, tmp_path: Path) -> None:
    gone, begun = threading.Event(), threading.Event()

    def silent() -> Iterator[bytes]:
        yield b"a"
        begun.set()
        gone.wait(20)

    server.says["/a"] = Answer(pieces=silent())
    visit = Visitor(Manners(per_second=50, allowed=(server.host,), silence=20, tries=1))

    def leave() -> None:
        begun.wait(20)
        visit.leave()

    leaver = threading.Thread(target=leave)
    leaver.start()
    began = monotonic()
    with pytest.raises(Left):
        fetched(visit, server.url("/a"), tmp_path / "a")
    gone.set()
    leaver.join()
    assert monotonic() - began < 10
