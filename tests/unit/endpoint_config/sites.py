"""Profiles for tests: one machine without a scheduler, one with, and one where everybody has an account."""

from typing import Any

from armarius.endpoint_config import Profile

COLLECTION = "27547309-3a68-5f25-836b-6628456d5a00"

_PLACES: dict[str, Any] = {
    "environment": "/opt/armarius/endpoint",
    "kraken_python": "/opt/armarius/kraken/bin/python",
    "data": {"collection": COLLECTION, "root": "/armarius"},
}

LOCAL: dict[str, Any] = _PLACES | {
    "name": "alpha",
    "scheduler": "local",
    "root": "/srv/armarius",
    "walltimes": ["8h"],
    "shapes": [
        {"name": "mig-5g", "cpus": 2, "memory": "8GiB", "gpus": 1, "gpu_memory": "5GB", "accelerators": ["MIG-a", "1"]},
        {"name": "cpu2", "cpus": 2, "memory": "4GiB", "workers": 3},
    ],
}

SLURM: dict[str, Any] = _PLACES | {
    "name": "beta",
    "scheduler": "slurm",
    "root": "/scratch/armarius",
    "walltimes": ["30m", "8h"],
    "projects": {"htr": "abc", "fondue": "def"},
    "network": {"interface": "lo"},
    "setup": ["module load python"],
    "scratch": "/tmp",
    "variables": {"SLURM_CONF": "/etc/slurm/slurm.conf"},
    "shapes": [
        {"name": "cpu4", "cpus": 4, "memory": "8GiB", "slurm": {"partition": "cpu"}},
        {
            "name": "gpu",
            "cpus": 8,
            "memory": "32GiB",
            "gpus": 1,
            "gpu_memory": "16GB",
            "slurm": {
                "partition": "gpu",
                "account": "{project}@v100",
                "qos": "t3",
                "constraint": "a100&gpu80",
                "gres": "gpu:a100:1",
                "reservation": "school",
                "hint": "nomultithread",
                "exclusive": True,
                "ask_memory": False,
            },
        },
    ],
}

MAPPED: dict[str, Any] = SLURM | {
    "name": "gamma",
    "root": "~/armarius",
    "callers": "everyone",
    "identity": {
        "kind": "mapped",
        "contact": "hpc@uni.example",
        "accounts": {"jo.(x)@uni.example": "jo"},
        "mappings": [{"match": r"(.*)@uni\.example", "output": "{0}"}],
    },
}


def site(base: dict[str, Any] = LOCAL, /, **changes: Any) -> Profile:
    """Returns a profile with some settings changed; None takes one away."""
    settings = {name: value for name, value in (base | changes).items() if value is not None}
    return Profile.model_validate(settings)
