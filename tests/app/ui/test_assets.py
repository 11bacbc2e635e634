"""The files of the web UI: found, typed, in every coding that the build left."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.app.ui.assets import PAGE, Assets


@pytest.fixture
def built(tmp_path: Path) -> Path:
    files = {
        "index.html": "<page>",
        "assets/index-x1.js": "plain",
        "assets/index-x1.js.br": "brotli",
        "assets/index-x1.js.gz": "gzip",
        "icon.svg": "<svg/>",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_files_are_found_by_path_and_their_compressed_twins_are_no_files_of_their_own(built: Path) -> None:
    assets = Assets(built)
    assert assets.get(PAGE) is not None
    script = assets.get("assets/index-x1.js")
    assert script is not None
    assert (script.media_type, script.immutable) == ("text/javascript", True)
    assert assets.get("assets/index-x1.js.br") is None
    assert assets.get("../assets.py") is None


@pytest.mark.parametrize(
    ("accepted", "best"),
    [
        ("gzip, deflate, br, zstd", ("br", b"brotli")),
        ("gzip;q=0.5", ("gzip", b"gzip")),
        ("br;q=0, gzip", ("gzip", b"gzip")),
        ("br; q=0.0, identity", ("", b"plain")),
        ("br;q=0.01", ("br", b"brotli")),
        ("", ("", b"plain")),
    ],
)
def test_the_best_coding_that_is_accepted(built: Path, accepted: str, best: tuple[str, bytes]) -> None:
    script = Assets(built).get("assets/index-x1.js")
    assert script is not None
    assert script.best_for(accepted) == best


def test_what_has_no_hash_in_its_name_may_change(built: Path) -> None:
    icon = Assets(built).get("icon.svg")
    assert icon is not None
    assert (icon.media_type, icon.immutable) == ("image/svg+xml", False)


def test_without_a_build_it_says_why(tmp_path: Path) -> None:
    assert Assets(tmp_path / "none").get(PAGE) is None
    assert "not built" in Assets(tmp_path / "none").reason
    (tmp_path / "unbuilt.txt").write_text("there was no Node\n", encoding="utf-8")
    assert Assets(tmp_path).reason == "there was no Node"
    assert Assets(tmp_path).get("unbuilt.txt") is None
