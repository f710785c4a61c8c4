"""The walls of the house: which package may import what, and that every module can be imported alone."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]
ROOTS = {name: REPOSITORY / name for name in ("functions", "client", "endpoint_config")}
ENGINE = ROOTS["functions"] / "armarius" / "functions" / "engine"
SHIM = "armarius.client.escriptorium"
CONTRACTS = ROOTS["functions"] / "armarius" / "functions" / "contracts"


def modules() -> Iterator[tuple[str, Path]]:
    for root in ROOTS.values():
        for path in sorted(root.rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imported(path: Path) -> set[str]:
    """Returns every module that a file names in an import, wherever it stands."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def tops(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(path)}


@pytest.mark.parametrize(("name", "path"), list(modules()), ids=lambda value: value if isinstance(value, str) else "")
def test_walls(name: str, path: Path) -> None:
    engine = {"kraken", "torch", "lightning", "pyarrow", "torchmetrics"}
    if name.startswith(("armarius.client", "armarius.endpoint_config")):
        assert not tops(path) & engine
    elif ENGINE not in path.parents:
        assert not tops(path) & (engine | {"django", "sqlalchemy"})
        assert "parsl" not in tops(path) or name == "armarius.functions.executor"
    if not name.startswith("armarius.client.metrics"):
        assert "prometheus_client" not in tops(path), "it is an extra"
    if not name.startswith(SHIM):
        assert not tops(path) & {"django", "celery", "escriptorium", "users"}
        assert not any(each.startswith(SHIM) for each in imported(path))
    if name.startswith("armarius.functions") and name != "armarius.functions.guard":
        assert not tops(path) & {"globus_compute_sdk", "globus_sdk"}
    if name.startswith("armarius.functions"):
        assert not any(each.startswith(("armarius.client", "armarius.endpoint_config")) for each in imported(path))
    if CONTRACTS in path.parents:
        own = {each for each in imported(path) if each.startswith("armarius")}
        assert all(each.startswith("armarius.functions.contracts") for each in own)
        assert tops(path) - {"armarius"} <= set(sys.stdlib_module_names) | {"pydantic"}


def test_there_is_no_root_package() -> None:
    assert [root for root in ROOTS.values() if (root / "armarius" / "__init__.py").exists()] == []


DJANGO_IS_SET_UP = {f"{SHIM}.signin.{name}" for name in ("casbackend", "casviews", "urls")}
"""Modules that Django itself loads: they stand on classes of a library that reads the settings when it is imported."""

EACH_ALONE = """
import importlib, os, sys, traceback, warnings
for other in "click globus_compute_sdk globus_sdk jinja2 pydantic requests rich.console sqlalchemy.orm yaml".split():
    importlib.import_module(other)  # what is not ours need not be imported again and again
warnings.simplefilter("error")
for name in sys.argv[1:]:
    child = os.fork()
    if child == 0:
        try:
            importlib.import_module(name)
        except BaseException:
            print(name, traceback.format_exc(limit=-1).splitlines()[-1], flush=True)
        os._exit(0)
    os.waitpid(child, 0)
"""


def test_every_module_can_be_imported_alone() -> None:
    """Each in a process that has imported nothing else of ours."""
    engine = f"{ENGINE.relative_to(ROOTS['functions'])}".replace("/", ".")
    found = [name for name, _ in modules() if not name.startswith(engine) and not name.endswith("__main__")]
    names = [name for name in found if name not in DJANGO_IS_SET_UP]
    done = subprocess.run([sys.executable, "-c", EACH_ALONE, *names], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == []


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("armarius.functions.registered", ["sqlalchemy", "parsl", "torch", "globus_compute_sdk"]),
        ("armarius.functions.contracts", ["psutil", "sqlalchemy", "globus_sdk"]),
        ("armarius.client", ["sqlalchemy", "parsl", "jinja2"]),
        ("armarius.client.cli", ["parsl", "globus_compute_sdk", "prometheus_client"]),
        (
            "armarius.client.escriptorium.hooks",
            ["parsl", "globus_compute_sdk", "globus_sdk", "kraken", "torch", "prometheus_client"],
        ),
    ],
)
def test_importing_stays_light(module: str, heavy: list[str]) -> None:
    script = f"import sys, {module}; print(*(name for name in {heavy!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
