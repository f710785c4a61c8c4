"""Sends pages that no run needs and makes room, again and again, until it is killed; says each time that it has."""

import sys
from itertools import count
from pathlib import Path

from armarius.functions.cache import make_room
from armarius.functions.files import write_bytes
from armarius.functions.site import Site


def main() -> None:
    root, seed = Path(sys.argv[1]), int(sys.argv[2])
    site = Site(root, cache=20_000)
    for number in count(seed):
        for page in range(30):
            write_bytes(site.blob(f"{number:032x}{page:032x}"), b"p" * 1000)
        make_room(site)
        sys.stdout.write("made\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
