"""The chart: well-formed, with what it should show and nothing that could be mistaken for markup."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from modelyard.simulate.compare import Result, compare
from modelyard.simulate.picture import WIDTH, draw_page, draw_svg
from modelyard.simulate.policies import parse_policies
from tests.simulate.setting import asks, setting

SVG = "{http://www.w3.org/2000/svg}"


def results(pattern: str, policies: str = "fifo,plain-fifo", *, apart: float = 0.0) -> list[Result]:
    return compare(setting(asks(pattern, apart=apart)), parse_policies(policies))


def drawn(found: list[Result]) -> ElementTree.Element:
    svg = draw_svg([result.record for result in found], [result.figures for result in found])
    return ElementTree.fromstring(svg)


def texts(root: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def bars(root: ElementTree.Element, shade: str) -> list[tuple[float, float]]:
    """Where the bars of a shade begin and how wide they are, without the one of the legend."""
    found = [element for element in root.iter(f"{SVG}rect") if element.get("class") == shade]
    return [(float(element.get("x", "")), float(element.get("width", ""))) for element in found][1:]


def test_a_panel_for_each_policy_and_a_lane_for_each_model() -> None:
    shown = texts(drawn(results("abcabc")))
    assert [text for text in shown if "fifo" in text] == ["fifo", "plain-fifo"]
    assert [text for text in shown if text in ("a", "b", "c")] == ["a", "b", "c"] * 2
    assert "6 requests · 3 swaps · waiting: p50 23 s, p95 36 s, longest 36 s" in shown


def test_a_load_is_as_wide_as_it_is_long() -> None:
    root = drawn(results("aba", "fifo"))
    (first, second) = bars(root, "loading")
    assert len(bars(root, "serving")) == 2
    # Two loads of ten seconds in the 25 s that all takes.
    assert first[0] == 150.0
    assert abs(first[1] - second[1]) <= 0.1
    assert abs(first[1] / (WIDTH - 150 - 56) - 10 / 25) < 0.001


def test_all_panels_share_the_scale_of_time() -> None:
    root = drawn(results("abab"))
    widths = [width for _, width in bars(root, "loading")]
    assert len(widths) == 2 + 4
    assert max(widths) - min(widths) <= 0.1


def test_who_waited_is_an_area_with_its_peak() -> None:
    root = drawn(results("aaab", "fifo"))
    areas = [element for element in root.iter(f"{SVG}path") if element.get("class") == "waiting"]
    assert len(areas) == 2
    assert "max 3" in texts(root)


def test_each_child_tells_its_story() -> None:
    titles = [element.text for element in drawn(results("ab", "fifo")).iter(f"{SVG}title")]
    assert titles == [
        "a#1: started at 0.0 s, ready at 10.0 s, served 1, told to stop at 12.0 s",
        "b#1: started at 13.0 s, ready at 23.0 s, served 1",
    ]


def test_nothing_happened_and_still_a_chart() -> None:
    assert "0 requests · 0 swaps · waiting: p50 0.0 s, p95 0.0 s, longest 0.0 s" in texts(drawn(results("")))


def test_names_are_text_and_not_markup() -> None:
    found = results("a", "fifo")
    found[0].record.policy = "<script>"
    svg = draw_svg([found[0].record], [found[0].figures])
    assert "<script>" not in svg
    assert "&lt;script&gt;" in svg


def test_a_long_run_stays_a_small_picture() -> None:
    found = results("ab" * 1_000, "fifo", apart=3.0)
    svg = draw_svg([found[0].record], [found[0].figures])
    assert len(svg) < 600_000


def test_the_page_needs_nothing_else() -> None:
    found = results("ab", "fifo")
    page = draw_page([result.record for result in found], [result.figures for result in found])
    assert page.startswith("<!doctype html>")
    assert page.count("<svg") == 1
    assert re.findall(r"https?://[^\"' ]+", page) == ["http://www.w3.org/2000/svg"]
    assert "prefers-color-scheme: dark" in page


def test_the_clock_below() -> None:
    assert "10 s" in texts(drawn(results("a", "fifo")))
    assert "10:00" in texts(drawn(results("aa", "fifo", apart=1_000.0)))
    assert "1 h 00" in texts(drawn(results("aa", "fifo", apart=10_000.0)))
