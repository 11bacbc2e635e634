"""Planners and disciplines of other packages: the cookbook's example is built, installed and used for real."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from modelyard.core.disciplines import FIFO, Asked, CheckedDiscipline
from modelyard.core.model import ModelFacts
from modelyard.runtime.plugins import (
    DISCIPLINES,
    PLANNERS,
    PluginError,
    make_discipline,
    make_planner,
    names,
)
from tests.support.playbook import Playbook, all_of

ROOT = Path(__file__).resolve().parents[2]
COOKBOOK = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^`([\w.]+)`:\n\n```\w+\n(.*?)^```$", COOKBOOK, re.DOTALL | re.MULTILINE))
MODELS = all_of("ab")
SETTINGS = {"budget": 10, "sizes": {"a": 6, "b": 6}}

Install = Callable[..., None]


def wheel(folder: Path, name: str, module: str, points: dict[str, dict[str, str]]) -> Path:
    """Write a wheel of one module."""
    path = folder / f"{name.replace('-', '_')}-1.0-py3-none-any.whl"
    info = f"{name.replace('-', '_')}-1.0.dist-info"
    sections = (f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in found.items()) for group, found in points.items())
    files = {
        f"{name.replace('-', '_')}.py": module,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "\n".join(sections),
    }
    record = "".join(f"{file},,\n" for file in [*files, f"{info}/RECORD"])
    with ZipFile(path, "w") as archive:
        for file, content in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(file, content)
    return path


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a package into a folder of its own that Python looks into, and take its modules out again."""
    site = tmp_path / "site"
    monkeypatch.syspath_prepend(site)
    before = set(sys.modules)

    def put(name: str, module: str, points: dict[str, dict[str, str]]) -> None:
        options = ["--quiet", "--no-index", "--no-deps", "--no-input", "--target", str(site)]
        packed = wheel(tmp_path, name, module, points)
        subprocess.run([sys.executable, "-m", "pip", "install", *options, str(packed)], check=True, timeout=100)

    yield put
    for module in set(sys.modules) - before:
        if getattr(sys.modules[module], "__file__", None) and str(site) in str(sys.modules[module].__file__):
            del sys.modules[module]


def test_the_planner_of_the_cookbook_is_installed_and_plans(install: Install) -> None:
    project = tomllib.loads(FILES["pyproject.toml"])["project"]
    install("modelyard-budget", FILES["modelyard_budget.py"], project["entry-points"])
    assert names(PLANNERS) == ["budget", "group", "matrix"]
    book = Playbook("a", "b", planner=make_planner("budget", SETTINGS, MODELS)).running("a")
    book.asks(1, "b").expect("stop a#1 in 10 s").exited("a#1").expect("start b#1")
    assert book.scheduler.snapshot().planner == "budget"
    with pytest.raises(PluginError, match="budget can't take these settings: sizes has nothing for a, b"):
        make_planner("budget", {"budget": 3}, MODELS)
    with pytest.raises(PluginError, match="budget of modelyard-budget is broken: KeyError: 'budget'"):
        make_planner("budget", {"sizes": SETTINGS["sizes"]}, MODELS)


def test_the_test_of_the_cookbook_passes(tmp_path: Path) -> None:
    """With nothing but the three files that the page talks of, and the playbook as it is."""
    for name, content in FILES.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    playbook = (ROOT / "tests" / "support" / "playbook.py").read_text(encoding="utf-8")
    (tmp_path / "playbook.py").write_text(playbook, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_modelyard_budget.py"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False)
    assert "5 passed" in ran.stdout, ran.stdout + ran.stderr


def test_the_planner_of_the_cookbook_is_as_short_as_it_says() -> None:
    assert len([line for line in FILES["modelyard_budget.py"].splitlines() if line.strip()]) <= 40


def test_the_discipline_of_the_cookbook_is_installed_and_ranks(install: Install) -> None:
    module = COOKBOOK.rsplit("```python\n", 1)[1].split("```")[0]
    install("last-first", module, {DISCIPLINES: {"last-first": "last_first:make"}})
    assert names(DISCIPLINES) == ["fifo", "last-first"]
    discipline = make_discipline("last-first", {}, MODELS)
    book = Playbook(ModelFacts(model="a", parallel=1), discipline=discipline).running("a")
    book.asks(1, "a").asks(2, "a").asks(3, "a").served(1).expect("grant 3 a#1")


def test_what_is_not_there_is_named_with_what_is() -> None:
    with pytest.raises(PluginError, match="there is no nonsense; installed are group, matrix"):
        make_planner("nonsense", {}, MODELS)
    with pytest.raises(PluginError, match="there is no nonsense; installed are fifo"):
        make_discipline("nonsense", {}, MODELS)


def test_our_own_names_stay_ours(install: Install) -> None:
    module = "def make(settings, models): raise AssertionError"
    install("thief", module, {DISCIPLINES: {"fifo": "thief:make"}, PLANNERS: {"group": "thief:make"}})
    assert make_discipline("fifo", {}, MODELS) is FIFO
    with pytest.raises(PluginError, match="group is Modelyard's own"):
        make_planner("group", {}, MODELS)


def test_two_packages_with_one_name_are_both_named(install: Install) -> None:
    for package in ("first", "second"):
        install(package, "", {PLANNERS: {"twice": f"{package}:make"}})
    with pytest.raises(PluginError, match="first and second both provide twice: remove one of them"):
        make_planner("twice", {}, MODELS)


@pytest.mark.parametrize(
    ("module", "why"),
    [
        ("import nothing_of_this_name", "ModuleNotFoundError: No module named 'nothing_of_this_name'"),
        ("def make(settings, models): return 3", "what it makes has no name, or no method plan"),
        ("", "AttributeError: module 'bad' has no attribute 'make'"),
    ],
)
def test_a_broken_package_is_named(install: Install, module: str, why: str) -> None:
    install("bad", module, {PLANNERS: {"bad": "bad:make"}})
    with pytest.raises(PluginError, match=f"bad of bad is broken: {why}"):
        make_planner("bad", {}, MODELS)


class Unranked:
    """A discipline that keeps to no contract."""

    name = "unranked"

    def rank(self, asked: Asked) -> tuple[float, ...]:
        if asked.priority:
            return (float("nan"),)
        if asked.caller:
            raise RuntimeError("not today")
        return (5,)


def test_what_cannot_be_ranked_goes_last() -> None:
    book = Playbook(ModelFacts(model="a", parallel=1), discipline=CheckedDiscipline(Unranked())).running("a")
    book.asks(1, "a").asks(2, "a", "someone").asks(3, "a", priority=1).asks(4, "a")
    book.served(1).expect("grant 4 a#1").served(4).expect("grant 2 a#1").served(2).expect("grant 3 a#1")
