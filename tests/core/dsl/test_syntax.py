"""Reading expressions (spec config 18.1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.core.dsl.syntax import Both, Either, ExpressionError, Name, Part, Reference, parse, trim


def shown(parts: tuple[Part, ...]) -> str:
    """The expression with all its parentheses."""
    written: list[str] = []
    for part in parts:
        match part:
            case Name(text=text):
                written.append(text)
            case Reference(text=text):
                written.append(f"+{text}")
            case Both(left, right):
                written.append(f"({written[left]} & {written[right]})")
            case Either(left, right):
                written.append(f"({written[left]} | {written[right]})")
    return written[-1]


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("a", "a"),
        ("((a))", "a"),
        ("a&b|c", "((a & b) | c)"),
        ("a|b&c", "(a | (b & c))"),
        ("a & b & c", "((a & b) & c)"),
        ("a | b | c", "((a | b) | c)"),
        ("a & (b | c)", "(a & (b | c))"),
        ("(a | b) & (c | +d)", "((a | b) & (c | +d))"),
        ("a & (b | c & (d | e)) | f", "((a & (b | (c & (d | e)))) | f)"),
        ("+x&+y", "(+x & +y)"),
        ("a\t&\n b\u3000|\u00a0c", "((a & b) | c)"),
        ("Qwen2.5-7b_q4 & -.", "(Qwen2.5-7b_q4 & -.)"),
        ("größe & 模型 & ٣", "((größe & 模型) & ٣)"),
    ],
)
def test_what_is_joined_with_what(text: str, meaning: str) -> None:
    assert shown(parse(text)) == meaning


def test_names_and_references_know_where_they_stand() -> None:
    assert parse("ab & +cd")[:2] == (Name("ab", 0), Reference("cd", 5))


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("", "the expression is empty", None),
        ("a &", 'the expression ends after "&" at position 2', 2),
        ("(", 'the expression ends after "(" at position 0', 0),
        ("a && b", '"&" at position 3 stands where a name, ', 3),
        ("| a", '"|" at position 0 stands where a name, ', 0),
        ("a &| b", '"|" at position 3 stands where a name, ', 3),
        ("()", '")" at position 1 stands where a name, ', 1),
        ("(a |)", '")" at position 4 stands where a name, ', 4),
        ("alpha beta", '"beta" at position 6 follows "alpha" without "&" or "|"', 6),
        ("a +b", '"+b" at position 2 follows "a" without', 2),
        ("a (b)", '"(" at position 2 follows "a" without', 2),
        ("(a) b", '"b" at position 4 follows ")" without', 4),
        ("(a", 'the parenthesis "(" at position 0 is never closed', 0),
        ("a & (b | (c)", 'the parenthesis "(" at position 4 is never closed', 4),
        ("a)", 'the parenthesis ")" at position 1 was never opened', 1),
        ("alpha, beta", '"," at position 5 is not allowed', 5),
        ("größe, b", '"," at position 5 is not allowed', 5),
        ("org/model", '"/" at position 3 is not allowed', 3),
        ("!a", '"!" at position 0 is not allowed', 0),
        ("x²", '"²" at position 1 is not allowed', 1),
        ("a\x1c", '"\x1c" at position 1 is not allowed', 1),
        ("+ beta", '"+" at position 0 must be followed directly by the name of a set', 0),
        ("a & +", '"+" at position 4 must be followed directly', 4),
        ("++a", '"+" at position 0 must be followed directly', 0),
    ],
)
def test_what_cannot_be_read(text: str, message: str, position: int | None) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert message in caught.value.message
    assert caught.value.position == position


def test_a_model_with_another_alphabet_is_told_of_vars() -> None:
    with pytest.raises(ExpressionError) as caught:
        parse("org/model")
    assert "needs a var" in caught.value.remedy


@pytest.mark.parametrize(
    ("text", "trimmed"),
    [(" a ", "a"), ("\n\ta & b\u2003\n", "a & b"), ("\x1fa\x1f", "\x1fa\x1f"), (" \t", ""), ("", "")],
)
def test_the_space_around_an_expression_does_not_count(text: str, trimmed: str) -> None:
    assert trim(text) == trimmed


@pytest.mark.parametrize("text", ["(" * 50_000 + "a" + ")" * 50_000, " & ".join(["a"] * 50_000), "a & (b | " * 9_999])
def test_nothing_is_too_long_or_too_deep(text: str) -> None:
    missing = text.count("(") - text.count(")")
    parts = parse(text + "c" + ")" * missing if missing else text)
    assert len(parts) == 2 * sum(isinstance(part, Name | Reference) for part in parts) - 1


@given(st.text(alphabet="ab_é²+&|() \n\x1c,/", max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No input raises anything else, and a refusal points into the text."""
    trimmed = trim(text)
    outcome = read(trimmed)
    if not isinstance(outcome, ExpressionError):
        assert shown(parse(shown(outcome))) == shown(outcome)
    elif outcome.position is not None:
        assert 0 <= outcome.position < len(trimmed)
        assert f"position {outcome.position}" in outcome.message
    else:
        assert trimmed == ""


def read(text: str) -> tuple[Part, ...] | ExpressionError:
    try:
        return parse(text)
    except ExpressionError as error:
        return error
