"""The commands that a block of shell holds, as far as documents have them."""

import re
import shlex
from collections.abc import Iterator
from pathlib import PurePosixPath

OURS = ("armarius", "armarius-escriptorium")

_END = re.compile(r"[;|&]+")
_ASSIGNMENT = re.compile(r"\w+=")
_CRON = re.compile(r"(?:[\d*/,-]+ +){5}")
_BEFORE = {"sudo", "exec"}


def commands(text: str) -> Iterator[list[str]]:
    """Yields each simple command of a text, as words; a prompt, a moment of cron and assignments are no part of it."""
    for line in text.replace("\\\n", " ").splitlines():
        line = _CRON.sub("", line.strip().removeprefix("$ "), count=1)
        try:
            yield from _simple(line)
        except ValueError:  # a drawing, or what a program printed
            continue


def ours(text: str) -> Iterator[list[str]]:
    """Yields those of our own programs, with the program's bare name."""
    for words in commands(text):
        name = PurePosixPath(words[0]).name
        if name in OURS:
            yield [name, *words[1:]]
        elif words[1:3] == ["-m", "armarius.client.cli"]:
            yield ["armarius", *words[3:]]


def _simple(line: str) -> Iterator[list[str]]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.commenters = "#"
    lexer.whitespace_split = True  # an address is one word
    words: list[str] = []
    for word in [*lexer, ";"]:
        if _END.fullmatch(word):
            while words and (_ASSIGNMENT.match(words[0]) or words[0] in _BEFORE):
                words.pop(0)
            if words:
                yield words
            words = []
        else:
            words.append(word)
