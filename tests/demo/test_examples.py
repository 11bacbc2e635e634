"""Every example loads, without a warning."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.config.sources import load_config
from modelyard.demo.config import demo_config

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.yaml"))
ENVIRONMENT = {"HOME": "/home/me", "HF_TOKEN": "hf_example", "MODELYARD_KEY": "a-key"}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_example_loads(path: Path) -> None:
    config = load_config(str(path), environment=ENVIRONMENT)
    assert config.warnings == ()
    assert len(config.models) >= 2
    assert all(model.cmd and model.port for model in config.models.values())


def test_containers_are_stopped_by_name() -> None:
    for name in ("docker", "podman"):
        (path,) = (path for path in EXAMPLES if path.stem == name)
        for model in load_config(str(path), environment=ENVIRONMENT).models.values():
            container = model.cmd_stop.split()[-1]
            assert model.cmd_stop.startswith(f"{name} stop -t ")
            assert f"--name {container}" in model.cmd
            assert model.unload_timeout > int(model.cmd_stop.split()[3])


def test_demo_example_is_the_demo() -> None:
    (path,) = (path for path in EXAMPLES if path.stem == "demo")
    assert path.read_text(encoding="utf-8") == demo_config("python3", 5800)
