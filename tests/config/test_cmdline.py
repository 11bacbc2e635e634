"""Splitting of commands (spec config 11)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.config.cmdline import EmptyCommand, drop_comment_lines, leaves_quote_open, split_command


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("run  -a\t-b\n-c", ["run", "-a", "-b", "-c"]),
        ("run \\\n  -a 1 \\\n  -b", ["run", "-a", "1", "-b"]),
        ("run\n# note\n  # note \\\n-a", ["run", "-a"]),
        ("run -a # not a comment", ["run", "-a", "#", "not", "a", "comment"]),
        ('run "a b" c"d e"f', ["run", "a b", "cd ef"]),
        ("run 'a b'", ["run", "a b"]),
        ('run "" x', ["run", "", "x"]),
        ("run ''", ["run", ""]),
        (r'run "a\"b" \"c', ["run", 'a"b', '"c']),
        (r'run "a\nb \$c \\d"', ["run", r"a\nb $c \d"]),
        (r"run 'a\'b c'", ["run", "a\\b", "c"]),
        (r"run a\ b", ["run", "a b"]),
        (r'C:\bin\run.exe -m "D:\a b\c"', ["C:binrun.exe", "-m", r"D:\a b\c"]),
        ('run "open', ["run", "open"]),
        ("run \\", ["run"]),
        ("""run --json '{"k": 1}'""", ["run", "--json", '{"k": 1}']),
        (
            "run $HOME *.x | cat > f; ls && x",
            ["run", "$HOME", "*.x", "|", "cat", ">", "f;", "ls", "&&", "x"],
        ),
        ('run "x\n# y\nz"', ["run", "x\nz"]),
        ("run \\\\\nnext", ["run", " ", "next"]),
        ("run\r\nnext", ["run\r", "next"]),
        ('run "a""b"', ["run", "ab"]),
        (r'run "dir\\" x', ["run", "dir\\", "x"]),
        (r"run a\\\"b", ["run", 'a\\"b']),
        ("run \x1f#", ["run", "\x1f#"]),
    ],
)
def test_a_command_is_split_by_posix_rules(text: str, arguments: list[str]) -> None:
    assert split_command(text) == arguments


@pytest.mark.parametrize("text", ["", "   ", "# only a comment", "\\", "\n\n"])
def test_nothing_to_run_is_an_error(text: str) -> None:
    with pytest.raises(EmptyCommand, match=r"^empty command$"):
        split_command(text)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("run", "run"),
        ("# gone\nrun # stays\n  # gone\n", "run # stays\n"),
        ("\u00a0# gone", ""),
        ("a\n\nb", "a\n\nb"),
    ],
)
def test_only_whole_comment_lines_go(text: str, left: str) -> None:
    assert drop_comment_lines(text) == left


@pytest.mark.parametrize(
    ("text", "is_open"),
    [("run 'a b'", False), ("run 'a b", True), ('run "a \\" b', True), ("run \\'a", False), ("run", False)],
)
def test_an_open_quote_is_noticed(text: str, is_open: bool) -> None:
    assert leaves_quote_open(text) is is_open


@given(st.text(alphabet="ab '\"\\#\n\t$"))
def test_any_text_is_split_or_empty(text: str) -> None:
    try:
        arguments = split_command(text)
    except EmptyCommand:
        return
    assert arguments


@given(st.lists(st.text(alphabet=st.characters(exclude_characters="'\n")), min_size=1))
def test_single_quotes_keep_everything_on_one_line(arguments: list[str]) -> None:
    assert split_command("x " + " ".join(f"'{argument}'" for argument in arguments)) == ["x", *arguments]


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("run  -a\t-b\n-c", ["run", "-a", "-b", "-c"]),
        ("run \\\n  -a 1 \\\n  -b", ["run", "-a", "1", "-b"]),
        ("run\n# note\n-a", ["run", "-a"]),
        ('run "a b" c"d e"f', ["run", "a b", "cd ef"]),
        ("run 'a b'", ["run", "'a", "b'"]),
        ('run "" x', ["run", "", "x"]),
        ('run "a\\"b" \\"c', ["run", 'a"b', '"c']),
        ('run "a\\nb \\\\d"', ["run", "a\\nb \\\\d"]),
        ("run a\\ b", ["run", "a\\", "b"]),
        ('C:\\bin\\run.exe -m "D:\\a b\\c"', ["C:\\bin\\run.exe", "-m", "D:\\a b\\c"]),
        ('run "open', ["run", "open"]),
        ('run "x\n# y\nz"', ["run", "x\nz"]),
        ("run\r\nnext", ["run", "next"]),
        ('run "a""b" ""', ["run", 'a"b', ""]),
        ('run "dir\\\\" x', ["run", "dir\\", "x"]),
        ('run a\\\\\\"b', ["run", 'a\\"b']),
        ('run """" x', ["run", '"', "x"]),
        ("run \\\\host\\share\\", ["run", "\\\\host\\share"]),
    ],
)
def test_quotes_of_windows(text: str, arguments: list[str]) -> None:
    assert split_command(text, windows=True) == arguments


def test_a_text_without_arguments_is_none_on_windows_either() -> None:
    with pytest.raises(EmptyCommand):
        split_command(" \r\n# x", windows=True)
