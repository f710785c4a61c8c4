from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from armarius.endpoint_config import BadProfile, read_profile
from armarius.functions.contracts import Shape
from unit.endpoint_config.sites import LOCAL, MAPPED, SLURM, site


@pytest.mark.parametrize("base", [LOCAL, SLURM, MAPPED])
def test_good_profiles(base: dict[str, Any]) -> None:
    profile = site(base)
    assert profile.mapped == (base is MAPPED)
    assert [shape.shape().name for shape in profile.shapes] == [shape["name"] for shape in base["shapes"]]


def test_what_clients_are_told_of_a_shape() -> None:
    assert site().shapes[0].shape() == Shape(name="mig-5g", cpus=2, memory=8 << 30, gpus=1, gpu_memory=5 * 10**9)
    assert [shape.slots for shape in site().shapes] == [2, 3]


ONE = [{"name": "one", "cpus": 1, "memory": "1GiB"}]
SHARE = {**ONE[0], "gpus": 1, "gpu_memory": "5GB", "sharing": 2, "accelerators": ["GPU-a", "GPU-b"]}


@pytest.mark.parametrize(
    ("base", "changes", "told"),
    [
        (LOCAL, {"walltimes": ["1h", "8h"]}, "one walltime"),
        (LOCAL, {"projects": {"htr": "abc"}}, "charges nobody"),
        (LOCAL, {"identity": MAPPED["identity"]}, "one account"),
        (LOCAL, {"shapes": [{**ONE[0], "slurm": {"partition": "gpu"}}]}, "without Slurm"),
        (LOCAL, {"shapes": [{**ONE[0], "accelerators": ["0"]}]}, "gpus = 1"),
        (LOCAL, {"shapes": [{**ONE[0], "gpus": 1, "accelerators": ["0", "0"]}]}, "accelerator twice"),
        (LOCAL, {"shapes": [{**ONE[0], "gpus": 1, "accelerators": ["0"], "workers": 2}]}, "leave workers out"),
        (LOCAL, {"shapes": [{**SHARE, "accelerators": ["GPU-a", "1"]}]}, "name the GPU 1 that is shared"),
        (LOCAL, {"shapes": [{**SHARE, "gpu_memory": "900MB"}]}, "gpu_memory of each run"),
        (LOCAL, {"shapes": [{**SHARE, "gpus": 2, "accelerators": []}]}, "say gpus = 1"),
        (LOCAL, {"shapes": [{**SHARE, "accelerators": []}]}, "name them as accelerators"),
        (LOCAL, {"shapes": [{**SHARE, "workers": 2}]}, "leave workers out"),
        (SLURM, {"shapes": [SHARE]}, "one job is one run"),
        (SLURM, {"shapes": [{**SHARE, "accelerators": []}]}, "no slurm.gres"),
        (
            LOCAL,
            {"shapes": [{**ONE[0], "name": name, "gpus": 1, "accelerators": ["0"]} for name in ("a", "b")]},
            "two shapes have the accelerator 0",
        ),
        (LOCAL, {"root": "~/armarius"}, "an account of their own"),
        (LOCAL, {"shapes": ONE * 2}, "a shape stands there twice"),
        (LOCAL, {"functions": ["train", "shell"]}, "no function shell"),
        (LOCAL, {"variables": {"MY_TOKEN": "x"}}, "sounds like a secret"),
        (LOCAL, {"heartbeat": {"worker_period": 20, "worker_threshold": 30}}, "three times"),
        (SLURM, {"walltimes": ["60m", "1h"]}, "a walltime stands there twice"),
        (SLURM, {"network": {}}, "network.interface or network.address"),
        (SLURM, {"network": {"interface": "lo", "address": "10.0.0.1"}}, "not both"),
        (SLURM, {"shapes": [{**ONE[0], "workers": 2}]}, "one job is one run"),
        (SLURM, {"shapes": [{**ONE[0], "gpus": 1}]}, "no slurm.gres"),
        (SLURM, {"shapes": [{**ONE[0], "slurm": {"account": "{user}"}}]}, "no other brace"),
        (SLURM, {"projects": {}, "shapes": [{**ONE[0], "slurm": {"account": "{project}"}}]}, "there are no projects"),
        (MAPPED, {"callers": "owner"}, "callers is"),
        (MAPPED, {"root": "/scratch"}, "an account of their own"),
        (MAPPED, {"identity": {"kind": "mapped", "contact": "a@b.c"}}, "nobody is mapped"),
        (MAPPED, {"identity": {"kind": "mapped", "contact": "a@b.c", "accounts": {"jo@x.y": "root"}}}, "to root"),
        (
            MAPPED,
            {"identity": {"kind": "mapped", "contact": "a@b.c", "mappings": [{"match": ".*", "output": "root"}]}},
            "to root",
        ),
        (LOCAL, {"surprise": 1}, "Extra inputs"),
    ],
)
def test_contradictions_are_refused(base: dict[str, Any], changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        site(base, **changes)


NASTY = [
    "a b",
    "a\nb",
    "a'b",
    'a"b',
    "$(touch x)",
    "`x`",
    "a;b",
    "a\u2028b",
    "{{ x }}",
    "{% x %}",
    "-rf",
    "",
    "a\\b",
    "a#b",
]


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("setting", ["name", "walltimes", "environment", "kraken_python", "scratch", "root"])
def test_no_name_and_no_path_can_mean_anything_to_a_shell(setting: str, text: str) -> None:
    value = text if setting == "name" else [text] if setting == "walltimes" else f"/{text}"
    if value in ("/", "/-rf"):
        return  # an absolute path as good as any
    with pytest.raises(ValidationError):
        site(LOCAL, **{setting: value})


@pytest.mark.parametrize("text", [text for text in NASTY if text])
@pytest.mark.parametrize(
    "option", ["partition", "account", "qos", "constraint", "gres", "reservation", "licenses", "hint"]
)
def test_no_option_of_slurm_can_hold_a_second_one(option: str, text: str) -> None:
    with pytest.raises(ValidationError):
        site(SLURM, shapes=[{**ONE[0], "slurm": {option: text}}])


@given(st.text(min_size=1, max_size=20))
def test_an_operators_line_is_one_line(text: str) -> None:
    try:
        profile = site(SLURM, setup=[text])
    except ValidationError:
        assert not text.isprintable()
    else:
        assert profile.setup == (text,)
        assert len(text.splitlines()) == 1


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "site.toml"
    path.write_text(text)
    return path


def test_a_mistake_is_told_with_file_and_place(tmp_path: Path) -> None:
    path = written(tmp_path, 'name = "x"\n[[shapes]]\nname = "a"\ncpus = "many"\nmemory = "1GiB"\n')
    with pytest.raises(BadProfile, match=rf"{path}: .*and \d+ more"):
        read_profile(path)


def test_what_is_no_toml_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadProfile, match="cannot be read"):
        read_profile(written(tmp_path, "name = "))
    with pytest.raises(BadProfile, match="cannot be read"):
        read_profile(tmp_path / "not there")
