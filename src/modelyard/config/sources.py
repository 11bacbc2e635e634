"""Files to a `Config`: the way in."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from msgspec import structs

from modelyard.config.environment import Text, split_lines, substitute
from modelyard.config.errors import ConfigError, Place, Problem, Report
from modelyard.config.merge import merge
from modelyard.config.nodes import MappingNode, Node, SequenceNode, Unparsable, compose
from modelyard.config.policies import Installed, nothing_installed
from modelyard.config.reading import read_bounded
from modelyard.config.resolve import resolve
from modelyard.config.schema import Config, HeldPorts


@dataclass(frozen=True, slots=True)
class Source:
    """One file: its name as messages show it, and its text."""

    name: str
    text: str


def load_config(
    path: str | None = None,
    directory: str | None = None,
    environment: Mapping[str, str] | None = None,
    *,
    held: HeldPorts = HeldPorts(),  # noqa: B008 - frozen
    installed: Installed = nothing_installed,
) -> Config:
    """Read a file, or all of a directory, or both, and resolve them.

    `environment` is what `${env.NAME}` refers to: by default that of the process. `held` are the ports in use when a
    configuration is loaded again. Raises `ConfigError` with every problem, also when a file can't be read.
    """
    sources = config_sources(path, directory)
    return parse_config(sources, os.environ if environment is None else environment, held=held, installed=installed)


def config_sources(path: str | None = None, directory: str | None = None) -> list[Source]:
    """The texts that a configuration is made of, in the order in which they are merged (spec config 6).

    First the file, then those of the directory. Raises `ConfigError` when one can't be read, when there is none, and
    when the file is also one of the directory.
    """
    files = list_directory(directory) if directory else []
    if path:
        for file in files:
            if os.path.abspath(file) == os.path.abspath(path):
                message = f"is also a file of the directory {directory}, and would be read twice"
                raise _one_problem(Place(path), message, "leave out -config, or move the file")
        files.insert(0, path)
    if not files:
        message = "no source of a configuration: no file ends in .yml or .yaml" if directory else "no source is given"
        raise _one_problem(Place(directory or "-config"), message, "")
    return [read_source(file) for file in files]


def list_directory(directory: str) -> list[str]:
    """The paths of a directory's files that count, in byte-wise order. Raises `ConfigError`.

    Those that end in .yml or .yaml, hidden ones too; nothing below subdirectories.
    """
    try:
        with os.scandir(directory) as found:
            names = [
                entry.name
                for entry in found
                if entry.name.endswith((".yml", ".yaml")) and not entry.is_dir(follow_symlinks=False)
            ]
    except (OSError, ValueError) as error:
        raise _unreadable(directory, error) from error
    return sorted((os.path.join(directory, name) for name in names), key=os.fsencode)


def read_source(path: str) -> Source:
    """Read one file. Raises `ConfigError` when it can't be read or is not UTF-8."""
    try:
        content = read_bounded(path)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    try:
        return Source(shown_name(path), content.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - (content.rfind(b"\n", 0, error.start) + 1) + 1
        raise _one_problem(Place(path, line, column), "not UTF-8", "save the file as UTF-8") from error


def shown_name(path: str) -> str:
    """A path as messages show it: what is no UTF-8 in it could not be printed, nor be told in JSON."""
    return os.fsencode(path).decode("utf-8", "replace")


def parse_config(
    sources: Sequence[Source],
    environment: Mapping[str, str],
    *,
    held: HeldPorts = HeldPorts(),  # noqa: B008 - frozen
    installed: Installed = nothing_installed,
) -> Config:
    """Merge and resolve the texts of a configuration; none at all means the defaults.

    Raises `ConfigError` with every problem, sorted by place.
    """
    report = Report()
    trees = [_tree(source, environment, report) for source in sources]
    config = resolve(merge(trees, report) if trees else MappingNode(Place("")), held, report, installed)
    report.raise_problems()
    return structs.replace(config, warnings=report.warnings())


def _tree(source: Source, environment: Mapping[str, str], report: Report) -> MappingNode:
    """The tree of one source. What can't be parsed ends the load: everything else would follow from it."""
    text = Text.of(source.name, source.text)
    report.know_source(source.name, split_lines(text.content))
    substitute(text, environment, report)
    try:
        root = compose(text.content, text.place_of, report)
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


def _unreadable(path: str, error: Exception) -> ConfigError:
    reason = getattr(error, "strerror", None) or str(error)
    return _one_problem(Place(path), f"can't be read: {reason}", "")


def _one_problem(place: Place, message: str, remedy: str) -> ConfigError:
    place = place._replace(file=shown_name(place.file))
    return ConfigError([Problem(place=place, path="", message=message, remedy=remedy)])
