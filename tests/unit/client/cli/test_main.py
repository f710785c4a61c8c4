import re

import click
import pytest
from click.testing import CliRunner

from armarius.client.cli import main
from armarius.client.errors import SiteUnreachable
from armarius.client.pool import Pool
from armarius.functions.contracts import (
    ArmariusError,
    BadInput,
    RecognitionParameters,
    SegmentationParameters,
    TrainingParameters,
)

from .conftest import Armarius

COMMANDS = (
    "train", "segtrain", "evaluate", "segment", "transcribe", "jobs", "show", "watch", "explain", "log", "report",
    "cancel", "resume", "serve", "sites", "site", "drain", "undrain", "usage", "login", "logout", "whoami", "endpoint",
)  # fmt: skip


def test_all_commands_are_listed() -> None:
    said = CliRunner().invoke(main, ["--help"]).stdout
    listed = re.findall(r"^  (\w+)  +\w", said.partition("Commands:")[2], re.MULTILINE)
    assert set(listed) == set(COMMANDS) == set(main.list_commands(click.Context(main)))


@pytest.mark.parametrize("flag", ["--help", "-h"])
@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself_and_its_options(command: str, flag: str) -> None:
    found = main.get_command(click.Context(main), command)
    assert found is not None
    result = CliRunner().invoke(main, [command, flag], env={"COLUMNS": "200"})
    assert (result.exit_code, result.stderr) == (0, "")
    assert " ".join(str(found.help).split()) in " ".join(result.stdout.split())
    for parameter in found.params:
        if parameter.param_type_name == "option":
            assert all(name in result.stdout for name in parameter.opts)


@pytest.mark.parametrize(("command", "kind"), [("train", RecognitionParameters), ("segtrain", SegmentationParameters)])
def test_what_ketos_calls_the_same_has_the_same_letter_and_default(
    command: str, kind: type[TrainingParameters]
) -> None:
    options = {parameter.name: parameter for parameter in main.commands[command].params}
    letters = {
        "-s": "spec", "-q": "quit", "-N": "epochs", "-r": "lrate", "-m": "momentum", "-w": "weight_decay",
        "-g": "gamma", "-ss": "step_size",
    }  # fmt: skip
    for letter, name in letters.items():
        assert letter in options[name].opts
    odd = {"normalization"}  # click's own sign for "not given"
    for name in (kind.model_fields.keys() & options.keys()) - odd:
        default = kind.model_fields[name].get_default(call_default_factory=True)
        assert options[name].default == default or options[name].multiple, name


def test_the_version() -> None:
    said = CliRunner().invoke(main, ["--version"], prog_name="armarius").stdout
    assert re.fullmatch(r"armarius, version \d+\.\d+\.\d+\n", said)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadInput("page.xml is empty.", "Export it again."), 2),
        (ArmariusError("No site fits.", "Offer a larger one."), 1),
        (SiteUnreachable("alpha does not answer.", "Nothing is lost."), 1),
    ],
)
def test_an_error_is_a_message_and_a_hint(
    armarius: Armarius, monkeypatch: pytest.MonkeyPatch, error: ArmariusError, code: int
) -> None:
    def fail(_self: Pool) -> None:
        raise error

    monkeypatch.setattr(Pool, "jobs", fail)
    result = armarius("jobs", code=code)
    assert result.stdout == ""
    assert result.stderr == f"error: {error.message}\n  {error.hint}\n"


def test_an_error_without_a_hint_is_one_line(armarius: Armarius, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_self: Pool) -> None:
        raise ArmariusError("The journal is closed.")

    monkeypatch.setattr(Pool, "jobs", fail)
    assert armarius("jobs", code=1).stderr == "error: The journal is closed.\n"


def test_a_command_that_is_none() -> None:
    result = CliRunner().invoke(main, ["trian"])
    assert result.exit_code == 2
    assert "trian" in result.stderr
