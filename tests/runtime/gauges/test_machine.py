"""Reading files and running programs."""

from __future__ import annotations

from pathlib import Path

from modelyard.runtime.gauges.machine import Machine


def test_what_is_not_there_reads_as_nothing(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    assert machine.text("/proc/nothing") == ""
    assert machine.number("/proc/nothing") is None
    assert machine.link("/sys/nothing") == ""
    assert machine.matches("/sys/*/x") == []


def test_files_are_below_the_root(tmp_path: Path) -> None:
    (tmp_path / "sys/a").mkdir(parents=True)
    (tmp_path / "sys/b").mkdir()
    (tmp_path / "sys/a/vendor").write_text("0x1002\n")
    (tmp_path / "sys/b/vendor").write_text("17\n")
    (tmp_path / "bus").mkdir()
    (tmp_path / "bus/driver").symlink_to("../sys/a")
    machine = Machine(tmp_path)
    assert machine.matches("/sys/*/vendor") == ["/sys/a/vendor", "/sys/b/vendor"]
    assert machine.number("/sys/a/vendor") == 0x1002
    assert machine.number("/sys/b/vendor") == 17
    assert machine.link("/bus/driver") == "a"


def test_a_program_that_fails_or_takes_too_long_says_nothing() -> None:
    machine = Machine()
    assert machine.run("sh", "-c", "echo here", limit=20) == "here\n"
    assert machine.run("sh", "-c", "echo here; exit 3", limit=20) is None
    assert machine.run("sh", "-c", "exec sleep 60", limit=0.05) is None
    assert machine.run("no-such-program-anywhere", limit=1) is None
    assert machine.has_program("sh")
    assert not machine.has_program("no-such-program-anywhere")
