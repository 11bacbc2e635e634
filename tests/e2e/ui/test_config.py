"""The page of the configuration: what serves and why, and its files, edited by those who may."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.ui.conftest import OpenPage
from tests.support.browser import LIMIT, PHONE, TWO_MODELS, assert_accessible, assert_fits, keep_pictures
from tests.support.daemon import Daemon

pytestmark = pytest.mark.real

KEY = "key-of-the-test-of-the-page"
MAY_EDIT = f"apiKeys: [{KEY}]\nui: {{editConfig: true}}\n"
WITH_KEY = {"username": "any", "password": KEY}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Daemon]:
    """A server whose configuration may be edited."""
    with Daemon(tmp_path, MAY_EDIT + TWO_MODELS) as daemon:
        yield daemon


@pytest.fixture
def editor(open_page: OpenPage, desk: Daemon) -> Page:
    """The text, ready to be edited."""
    page = open_page(base_url=desk.url, http_credentials=WITH_KEY)
    page.goto("/ui/config/edit")
    expect(page.get_by_text("This is what is on disk.")).to_be_visible(timeout=LIMIT)
    return page


def write_at_the_end_of(page: Page, line: str, text: str) -> None:
    """Type at the end of the first line that says this."""
    page.get_by_role("textbox").get_by_text(line).first.click()
    page.keyboard.press("End")
    page.keyboard.type(text)


def test_a_mistake_is_shown_at_its_line_and_nothing_is_applied(editor: Page, tmp_path: Path) -> None:
    before = (tmp_path / "config.yaml").read_text(encoding="utf-8")
    write_at_the_end_of(editor, "editConfig", "\nglobalTTL: soon")
    mistake = editor.get_by_role("list", name="Mistakes").get_by_role("button")
    expect(mistake).to_contain_text("globalTTL")
    line = before.splitlines().index("ui: {editConfig: true}") + 2
    expect(mistake).to_contain_text(f"config.yaml, line {line}")
    expect(editor.locator(".cm-lint-marker-error")).to_have_count(1)
    expect(editor.get_by_role("button", name="Review and apply …")).to_be_disabled()
    mistake.click()
    expect(editor.get_by_role("textbox")).to_be_focused()
    editor.keyboard.press("Shift+End")
    editor.keyboard.type("60")
    expect(editor.get_by_text("No mistakes.")).to_be_visible(timeout=LIMIT)
    expect(editor.locator(".cm-lint-marker-error")).to_have_count(0)
    assert (tmp_path / "config.yaml").read_text(encoding="utf-8") == before


def test_what_would_change_is_shown_and_then_applied(editor: Page, tmp_path: Path, desk: Daemon) -> None:
    before = (tmp_path / "config.yaml").read_text(encoding="utf-8")
    write_at_the_end_of(editor, "editConfig", "\nglobalTTL: 60")
    editor.get_by_role("button", name="Review and apply …").click()
    review = editor.get_by_role("dialog", name="What would change")
    expect(review.get_by_text("Changed at once, without a restart")).to_be_visible()
    expect(review.get_by_role("row", name="globalTTL")).to_contain_text("60")
    expect(review.locator(".cm-changedLine")).to_have_text("globalTTL: 60")
    review.get_by_role("button", name="Apply").click()
    expect(editor.get_by_text("Applied.")).to_be_visible(timeout=LIMIT)
    desk.wait_for_line("configuration reloaded: changed, applied at once: org/poet, writer; settings: globalTTL")
    after = (tmp_path / "config.yaml").read_text(encoding="utf-8")
    assert after == before.replace("ui: {editConfig: true}", "ui: {editConfig: true}\nglobalTTL: 60")
    assert (tmp_path / "config.yaml.bak").read_text(encoding="utf-8") == before
    expect(editor.get_by_text("This is what is on disk.")).to_be_visible()


def test_somebody_elses_edit_is_not_overwritten(editor: Page, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    write_at_the_end_of(editor, "editConfig", "\n# from the page")
    theirs = file.read_text(encoding="utf-8") + "# from an editor\n"
    file.write_text(theirs, encoding="utf-8")
    editor.keyboard.type("!")
    expect(editor.get_by_text("The file has been changed elsewhere")).to_be_visible(timeout=LIMIT)
    expect(editor.get_by_role("button", name="Review and apply …")).to_be_disabled()
    editor.get_by_role("button", name="Go on with mine").click()
    editor.get_by_role("button", name="Review and apply …").click()
    deleted = editor.get_by_role("dialog").locator(".cm-deletedChunk")
    expect(deleted.get_by_text("# from an editor")).to_be_visible()
    editor.get_by_role("button", name="Back").click()
    editor.get_by_role("button", name="Discard").click()
    expect(editor.get_by_role("textbox").get_by_text("# from an editor")).to_be_visible()
    assert file.read_text(encoding="utf-8") == theirs


def test_an_edit_survives_a_look_at_another_page(editor: Page) -> None:
    write_at_the_end_of(editor, "editConfig", "\n# not applied yet")
    editor.get_by_role("link", name="Yard", exact=True).click()
    expect(editor.get_by_role("heading", level=1, name="Yard")).to_be_visible()
    editor.go_back()
    expect(editor.get_by_role("textbox").get_by_text("# not applied yet")).to_be_visible()


def test_selected_text_is_typed_over(editor: Page) -> None:
    """Browsers write styles of their own where a selection of several lines is replaced; the policy would complain."""
    editor.get_by_role("textbox").focus()
    editor.keyboard.press("Control+a")
    editor.keyboard.type("models: {}")
    expect(editor.get_by_text("No mistakes.")).to_be_visible(timeout=LIMIT)
    expect(editor.get_by_role("textbox")).to_have_text("models: {}")
    editor.keyboard.press("Control+z")
    expect(editor.get_by_role("textbox").get_by_text("editConfig")).to_be_visible()


def test_every_value_says_where_it_comes_from(open_page: OpenPage, desk: Daemon) -> None:
    page = open_page(base_url=desk.url, http_credentials=WITH_KEY)
    page.goto("/ui/config")
    general = page.get_by_role("region", name="General")
    expect(general.get_by_text("ui.editConfig")).to_be_visible(timeout=LIMIT)
    expect(general.get_by_text("(hidden)")).to_be_visible()
    expect(general.get_by_text("logLevel")).to_have_count(0)
    page.get_by_role("checkbox").check()
    expect(general.get_by_text("logLevel")).to_be_visible()
    page.get_by_role("link", name="org/poet").click()
    expect(page.get_by_role("heading", name="org/poet")).to_be_visible()
    process = page.get_by_role("region", name="Process")
    expect(process.get_by_text("--name org/poet")).to_be_visible(timeout=LIMIT)
    process.get_by_role("button", name=re.compile(r"← config\.yaml:\d+:")).first.click()
    expect(page.locator(".cm-activeLine")).to_contain_text("org/poet", timeout=LIMIT)
    expect(page.get_by_role("textbox")).to_be_focused()


def test_where_it_is_not_allowed_the_page_says_how(page: Page) -> None:
    page.goto("/ui/config/edit")
    expect(page.get_by_text("editing is switched off")).to_be_visible(timeout=LIMIT)
    expect(page.get_by_text("editConfig: true", exact=False).first).to_be_visible()
    expect(page.get_by_role("textbox")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_editor_is_accessible_and_fits_a_phone(open_page: OpenPage, desk: Daemon, scheme: str) -> None:
    page = open_page(PHONE, color_scheme=scheme, bypass_csp=True, base_url=desk.url, http_credentials=WITH_KEY)
    page.goto("/ui/config/edit")
    expect(page.get_by_text("This is what is on disk.")).to_be_visible(timeout=LIMIT)
    write_at_the_end_of(page, "editConfig", "\nglobalTTL: soon\nwarning: 1")
    expect(page.get_by_role("list", name="Mistakes")).to_be_visible()
    assert_fits(page)
    keep_pictures(page, "config-edit", scheme)
    assert_accessible(page)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("End")
    page.keyboard.press("Control+Shift+ArrowLeft")
    page.keyboard.type("60")
    page.get_by_role("button", name="Review and apply …").click()
    expect(page.get_by_role("dialog").get_by_text("globalTTL").first).to_be_visible()
    assert_fits(page)
    keep_pictures(page, "config-review", scheme)
    assert_accessible(page)
