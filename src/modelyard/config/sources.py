"""Files to a `Config`: the way in."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modelyard.config.environment import Text, split_lines, substitute
from modelyard.config.errors import ConfigError, Place, Problem, Report
from modelyard.config.nodes import MappingNode, Node, SequenceNode, Unparsable, compose
from modelyard.config.resolve import resolve
from modelyard.config.schema import Config

_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Source:
    """One file: its name as messages show it, and its text."""

    name: str
    text: str


def load_config(path: str, environment: Mapping[str, str] | None = None) -> Config:
    """Read a file and resolve it. `environment` is what `${env.NAME}` refers to: by default that of the process.

    Raises `ConfigError` with every problem of the file, also when it can't be read.
    """
    return parse_config([read_source(path)], os.environ if environment is None else environment)


def read_source(path: str) -> Source:
    """Read one file. Raises `ConfigError` when it can't be read or is not UTF-8."""
    try:
        with open(path, "rb") as file:
            content = file.read()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _one_problem(Place(path), f"can't be read: {reason}", "") from error
    try:
        return Source(path, content.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - (content.rfind(b"\n", 0, error.start) + 1) + 1
        raise _one_problem(Place(path, line, column), "not UTF-8", "save the file as UTF-8") from error


def parse_config(sources: Sequence[Source], environment: Mapping[str, str]) -> Config:
    """Resolve the text of a configuration: of exactly one source, several are not merged yet.

    Raises `ConfigError` with every problem, sorted by place.
    """
    report = Report()
    trees = [_tree(source, environment, report) for source in sources]
    config = resolve(_merged(trees), report)
    report.raise_problems()
    return dataclasses.replace(config, warnings=report.warnings())


def _tree(source: Source, environment: Mapping[str, str], report: Report) -> MappingNode:
    """The tree of one source. What can't be parsed ends the load: everything else would follow from it."""
    text = Text.of(source.name, source.text.removeprefix(_BYTE_ORDER_MARK))
    report.know_source(source.name, split_lines(text.content))
    substitute(text, environment, report)
    try:
        root = compose(text.content, text.place, report)
    except Unparsable as error:
        report.problem(text.place(error.index), "", f"not YAML: {error}")
        report.raise_problems()
        raise AssertionError("a problem was noted") from error
    return _top_level(root, source.name, report)


def _top_level(root: Node | None, file: str, report: Report) -> MappingNode:
    if isinstance(root, MappingNode):
        return root
    if isinstance(root, SequenceNode) and root.items:
        report.problem(root.place, "", "the top level must be a mapping", "begin with models:")
    return MappingNode(Place(file))  # an empty document, a bare scalar and [] contribute nothing


def _merged(trees: Sequence[MappingNode]) -> MappingNode:
    (tree,) = trees
    return tree


def _one_problem(place: Place, message: str, remedy: str) -> ConfigError:
    return ConfigError([Problem(place=place, path="", message=message, remedy=remedy)])
