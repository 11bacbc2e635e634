"""The demo's configuration."""

from __future__ import annotations

import shlex

from modelyard.config.sources import Source, parse_config
from modelyard.demo.config import MODELS, demo_config
from modelyard.demo.options import parse

ODD_PATH = '/opt/it\'s a "test"/python'


def test_commands_start_the_demo_engine_with_switches_that_it_knows() -> None:
    config = parse_config([Source("demo.yaml", demo_config(ODD_PATH, 6000))], {})
    ports = []
    for model in config.models.values():
        python, *arguments = shlex.split(model.cmd)
        assert python == ODD_PATH
        assert arguments[:2] == ["-m", "modelyard.demo.engine"]
        options = parse(arguments[2:])
        assert options.name == model.id
        ports.append(options.port)
    assert ports == [6000 + number for number in range(MODELS)]


def test_some_take_turns_and_others_stay() -> None:
    config = parse_config([Source("demo.yaml", demo_config("python3", 5800))], {})
    assert config.warnings == ()
    authors, always = config.groups["authors"], config.groups["always"]
    assert (authors.swap, authors.exclusive, authors.members) == (True, True, ("writer", "poet", "painter"))
    assert (always.persistent, always.exclusive, always.members) == (True, False, ("embedder", "speaker"))
