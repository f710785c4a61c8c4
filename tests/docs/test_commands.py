"""Every command in the documents is one that our programs understand; what is not ours is at least there."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from armarius.client.cli import main as armarius
from armarius.client.escriptorium.check.cli import main as armarius_escriptorium
from support.documents import DOCUMENTS, REPOSITORY, blocks, name_of, spans
from support.shell_lines import OURS, commands, ours

PROGRAMS = {"armarius": armarius, "armarius-escriptorium": armarius_escriptorium}
SHELL = ("", "sh", "console")
EXAMPLES = {"…": "pages", "DATE": "2026-12-01"}
"""What a document leaves open, where a program wants more than any word."""

OF_OTHERS = {"--completion", "--freeze-backbone", "--no-requeue", "--pad"}
"""Options of our own Slurm's accounting, of ketos, and of sbatch."""

Parse = Callable[[list[str]], None]


@pytest.fixture
def parse(monkeypatch: pytest.MonkeyPatch) -> Parse:
    """Lets click take a command line apart, and nothing be done."""
    monkeypatch.setattr(click.Command, "invoke", lambda *_: None)
    monkeypatch.setattr(click.Path, "convert", lambda _self, value, _param, _ctx: value)

    def taken_apart(words: list[str]) -> None:
        program: Any = PROGRAMS[words[0]]
        program.main([EXAMPLES.get(word, word) for word in words[1:]], words[0], standalone_mode=False)

    return taken_apart


def written() -> Iterator[Any]:
    for document in DOCUMENTS:
        for block in blocks(document):
            if block.language in SHELL:
                for words in ours(block.text):
                    yield pytest.param(words, id=f"{block.where} {' '.join(words)}")


def mentioned() -> Iterator[Any]:
    for document in DOCUMENTS:
        for span in dict.fromkeys(spans(document)):
            if span.split(" ")[0] in OURS:
                yield pytest.param(span, id=f"{name_of(document)} {span}")


@pytest.mark.parametrize("words", list(written()))
def test_what_is_to_be_typed_is_understood(words: list[str], parse: Parse) -> None:
    parse(words)


@pytest.mark.parametrize("span", list(mentioned()))
def test_what_is_mentioned_exists(span: str, parse: Parse) -> None:
    """Between backticks a command may lack what it needs, and name several: ``armarius endpoint init | render``."""
    first, *others = span.split(" | ")
    for said in [first, *(f"{first.rpartition(' ')[0]} {other}" for other in others)]:
        for words in ours(said):
            try:
                parse(words)
            except (click.MissingParameter, click.exceptions.NoArgsIsHelpError):
                continue


@pytest.mark.parametrize(
    "wrong",
    ["armarius train pages/ --helt-out 2", "$ armarius jbos", "X=1 /opt/armarius usage --by colour", "armarius show"],
)
def test_what_is_wrong_would_be_noticed(wrong: str, parse: Parse) -> None:
    (words,) = ours(wrong)
    with pytest.raises(click.UsageError):
        parse(words)


def test_commands_are_found_as_a_shell_finds_them() -> None:
    typed = ["$ A=1 armarius a 'b c' https://x/y.json  # no", "30 3 * * *  /opt/armarius endpoint clean x"]
    text = "\n".join([*typed, "echo b | armarius d&& armarius e;f"])
    assert list(ours(text)) == [
        ["armarius", "a", "b c", "https://x/y.json"],
        ["armarius", "endpoint", "clean", "x"],
        ["armarius", "d"],
        ["armarius", "e"],
    ]


@pytest.mark.parametrize("document", [each for each in DOCUMENTS if each.parent.name == "docs"], ids=name_of)
def test_options_that_are_mentioned_exist(document: Path) -> None:
    known = {option for program in PROGRAMS.values() for option in options(program)} | OF_OTHERS | {"--help"}
    assert {span.split(" ")[0] for span in spans(document) if span.startswith("--")} - known == set()


def options(command: click.Command) -> Iterator[str]:
    """Yields the long options of a command and of all below it."""
    for parameter in command.params:
        yield from (*parameter.opts, *parameter.secondary_opts)
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from options(below)


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_what_make_is_asked_for_is_in_the_makefile(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    typed = [words for block in blocks(document) if block.language in SHELL for words in commands(block.text)]
    said = [words for span in spans(document) if span.startswith("make ") for words in commands(span)]
    asked = {word for words in [*typed, *said] if words[0] == "make" for word in words[1:] if word.islower()}
    assert asked <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_scripts_that_are_to_be_run_know_their_options(document: Path) -> None:
    """Benchmarks are scripts of the checkout; what their options are called stands in them, or in what they share."""
    said = [*spans(document), *(block.text for block in blocks(document) if block.language in SHELL)]
    shared = (REPOSITORY / "benchmarks" / "common.py").read_text()
    for words in (words for text in said for words in commands(text)):
        script = next((word for word in words[1:2] if word.startswith("benchmarks/")), None)
        if script is None:
            continue
        known = (REPOSITORY / script).read_text() + shared
        assert [word for word in words[2:] if word.startswith("--") and f'"{word}"' not in known] == [], words
