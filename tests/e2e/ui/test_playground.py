"""The playground: each of its tabs against an engine that can do it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Request, expect

from modelyard.demo.picture import draw
from modelyard.demo.sound import speak, wav
from tests.e2e.ui.conftest import OpenPage
from tests.support.browser import DESK, LIMIT, PHONE, assert_accessible, assert_fits, keep_pictures
from tests.support.daemon import Daemon, demo_engine
from tests.support.processes import wait_until

pytestmark = pytest.mark.real

SETTLE = 5_000
"""Milliseconds that what needs no model may take."""

MODELS = f"""
models:
  writer:
    name: Writer
    cmd: '{demo_engine("--tps", 300, "--tokens", 30)}'
    capabilities: {{in: [text, image], out: [text]}}
  org/slow:
    name: Slow
    cmd: '{demo_engine("--tps", 8, "--tokens", 400)}'
    capabilities: {{in: [text], out: [text]}}
  thinker: {{name: Thinker, cmd: '{demo_engine("--tps", 100, "--tokens", 20, "--reasoning")}'}}
  tagger: {{name: Tagger, cmd: '{demo_engine("--tps", 100, "--tokens", 20, "--reasoning", "tags")}'}}
  echo1.5: {{name: Echo, cmd: '{demo_engine("--echo")}'}}
  painter: {{name: Painter, cmd: '{demo_engine("--draw", 0.1)}', capabilities: {{in: [text], out: [image]}}}}
  speaker: {{name: Speaker, cmd: '{demo_engine()}', capabilities: {{in: [text, audio], out: [text, audio]}}}}
  embedder: {{name: Embedder, cmd: '{demo_engine()}', capabilities: {{reranker: true}}}}
groups:
  all: {{swap: false, members: [writer, org/slow, thinker, tagger, echo1.5, painter, speaker, embedder]}}
"""

MARKDOWN = r"""# A title

Some **bold** text, $e^{i\pi} + 1 = 0$, costs of $5 and $6, and

$$\begin{pmatrix} a & b \\ c & d \end{pmatrix}$$

```python
def greet(name): return f"Hello, {name}"
```

| one | two |
|-----|-----|
| 1   | 2   |

$\frac{1}{$ is broken.
"""

HOSTILE = """<script>window.hacked = 1</script>

<img src=x onerror="window.hacked = 2"> <b onclick="window.hacked = 3">bold</b>

[a link](javascript:window.hacked=4) ![a picture](/health)

<iframe src="javascript:window.hacked=5"></iframe> <svg onload="window.hacked=6"></svg>

$\\href{javascript:window.hacked=7}{x}$ $\\htmlData{x=y}{z}$

```html" onclick="window.hacked=8
<script>window.hacked = 9</script>
```
"""


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with Daemon(tmp_path_factory.mktemp("playground"), MODELS) as daemon:
        yield daemon


def look_at(page: Page, name: str) -> None:
    """On a phone in the dark and on a desk in the light: readable for everybody, and no wider than the window."""
    for scheme, (width, height) in (("dark", PHONE), ("light", DESK)):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.set_viewport_size({"width": width, "height": height})
        assert_fits(page)
        assert_accessible(page)
        keep_pictures(page, name, scheme)


def say(page: Page, text: str) -> None:
    page.get_by_label("Say something …").fill(text)
    page.get_by_role("button", name="Send").click()


def attach(page: Page, picture: bytes) -> None:
    page.locator("input[type=file]").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": picture})


def answer_of(page: Page, name: str) -> Locator:
    """The last answer, once it is complete."""
    answer = page.get_by_role("article", name=name).last
    expect(answer.get_by_role("button", name="Again")).to_be_visible(timeout=LIMIT)
    return answer


# ---------------------------------------------------------------- chat


@pytest.mark.parametrize(
    ("dialect", "path"),
    [
        ("OpenAI chat completions", "/v1/chat/completions"),
        ("OpenAI responses", "/v1/responses"),
        ("Anthropic messages", "/v1/messages"),
    ],
)
def test_a_chat_streams_in_each_dialect(page: Page, daemon: Daemon, dialect: str, path: str) -> None:
    page.goto("/ui/playground/chat/thinker")
    page.get_by_label("API").select_option(dialect)
    page.get_by_label("System prompt").fill("Be brief.")
    page.get_by_label("Most tokens").fill("40")
    say(page, "Tell me of the sea.")
    answer = answer_of(page, "Thinker")
    expect(answer.get_by_text("Reasoned for")).to_be_visible()
    expect(answer.get_by_text(re.compile(r"^40 tokens, [\d.]+/s, first after"))).to_be_visible()
    assert answer.locator(".prose").inner_text().strip()
    answer.get_by_text("Reasoned for").click()
    expect(answer.locator("details p")).not_to_be_empty()
    daemon.wait_for_line(rf'"POST {path} ')


def test_thoughts_between_tags_are_told_from_the_answer(page: Page) -> None:
    page.goto("/ui/playground/chat/tagger")
    say(page, "Tell me of the sea.")
    answer = answer_of(page, "Tagger")
    expect(answer.get_by_text("Reasoned for")).to_be_visible()
    assert "think" not in answer.locator(".prose").inner_text()


def test_an_answer_can_be_stopped(page: Page, daemon: Daemon) -> None:
    page.goto("/ui/playground/org/slow")
    page.get_by_label("Say something …").fill("Tell me of the sea.")
    page.keyboard.press("Enter")
    answer = page.get_by_role("article", name="Slow")
    expect(answer.get_by_text("first after")).to_be_visible(timeout=LIMIT)
    page.get_by_role("button", name="Stop").click()
    expect(answer.get_by_text("stopped", exact=True)).to_be_visible()
    assert answer.locator(".prose").inner_text().strip()
    # Whole, it would take the engine 50 seconds.
    daemon.wait_for_line(r'"POST /v1/chat/completions HTTP/1.1" 200')


def test_turns_are_edited_regenerated_deleted_and_kept_by_the_tab(page: Page) -> None:
    page.goto("/ui/playground/chat/echo1.5")
    say(page, "First words.")
    expect(answer_of(page, "Echo").locator(".prose")).to_have_text("First words.")
    mine = page.get_by_role("article", name="You")
    mine.get_by_role("button", name="Edit").click()
    mine.get_by_role("textbox").fill("Other words.")
    mine.get_by_role("button", name="Save and send").click()
    expect(page.get_by_role("article", name="Echo").locator(".prose")).to_have_text("Other words.")
    answer = answer_of(page, "Echo")
    answer.get_by_role("button", name="Edit").click()
    answer.get_by_role("textbox").fill("Made up.")
    page.keyboard.press("Control+Enter")
    expect(answer.locator(".prose")).to_have_text("Made up.")
    answer.get_by_role("button", name="Again").click()
    expect(answer_of(page, "Echo").locator(".prose")).to_have_text("Other words.")
    say(page, "More.")
    answer_of(page, "Echo")
    expect(page.get_by_role("article")).to_have_count(4)
    page.get_by_role("article", name="Echo").first.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("article")).to_have_count(3)
    wait_until(
        lambda: page.evaluate("JSON.parse(sessionStorage['modelyard.chat'] ?? '{\"turns\": []}').turns.length") == 3
    )
    page.reload()
    expect(page.get_by_role("article")).to_have_count(3)
    page.get_by_role("button", name="New chat").click()
    expect(page.get_by_role("article")).to_have_count(0)


@pytest.mark.parametrize("dialect", ["chat", "responses", "messages"])
def test_a_picture_is_attached_and_seen(page: Page, dialect: str) -> None:
    page.goto("/ui/playground/chat/writer")
    page.get_by_label("API").select_option(dialect)
    attach(page, draw("sea", 40, 30, 1))
    expect(page.get_by_role("img", name="Picture 1")).to_be_visible()
    say(page, "What is it?")
    expect(answer_of(page, "Writer").locator(".prose")).to_contain_text("I see a PNG picture of 40 × 30 pixels.")
    expect(page.get_by_role("article", name="You").get_by_role("img", name="Picture 1")).to_be_visible()


@pytest.mark.parametrize("kind", ["paste", "drop"])
def test_pictures_are_pasted_and_dropped_and_other_files_refused(page: Page, kind: str) -> None:
    page.goto("/ui/playground/chat/writer")
    files = [["image/png", base64.b64encode(draw("sea", 20, 10, 1)).decode()], ["text/plain", "aGk="]]
    page.get_by_label("Say something …").evaluate(
        """(field, [kind, files]) => {
            const data = new DataTransfer();
            for (const [type, content] of files) {
                const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
                data.items.add(new File([bytes], "file", { type }));
            }
            const options = { bubbles: true, cancelable: true };
            field.dispatchEvent(kind === "paste"
                ? new ClipboardEvent("paste", { ...options, clipboardData: data })
                : new DragEvent("drop", { ...options, dataTransfer: data }));
        }""",
        [kind, files],
    )
    expect(page.get_by_role("img", name="Picture 1")).to_be_visible()
    expect(page.get_by_text("Only PNG, JPEG, GIF and WebP")).to_be_visible()
    page.get_by_role("button", name="Remove picture 1").click()
    expect(page.get_by_role("img", name="Picture 1")).to_be_hidden()


def test_markdown_code_and_formulas_are_rendered(open_page: OpenPage) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto("/ui/playground/chat/echo1.5")
    say(page, MARKDOWN)
    answer = answer_of(page, "Echo")
    expect(answer.get_by_role("heading", name="A title")).to_be_visible()
    expect(answer.get_by_text("costs of $5 and $6")).to_be_visible()
    expect(answer.get_by_role("cell", name="2")).to_be_visible()
    expect(answer.locator(".hljs-keyword", has_text="def")).to_be_visible(timeout=SETTLE)
    expect(answer.locator(".katex-display .katex-html")).to_be_visible(timeout=SETTLE)
    expect(answer.locator(".formula-broken")).to_have_text(r"\frac{1}{")
    # Its style sheet and its fonts came, and its policy let them.
    assert page.evaluate("document.fonts.ready.then(() => document.fonts.check('16px KaTeX_Main'))")
    answer.get_by_role("button", name="Copy", exact=True).first.click()
    assert page.evaluate("navigator.clipboard.readText()").strip() == 'def greet(name): return f"Hello, {name}"'
    answer.get_by_role("button", name="As text").click()
    expect(answer.get_by_text("| one | two |")).to_be_visible()
    answer.get_by_role("button", name="As text").click()
    look_at(page, "playground-chat")


def test_hostile_answers_do_nothing(page: Page, daemon: Daemon) -> None:
    page.goto("/ui/playground/chat/echo1.5")
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    say(page, HOSTILE)
    prose = answer_of(page, "Echo").locator(".prose")
    expect(prose.get_by_text("window.hacked = 9")).to_be_visible()
    # What may be pressed is pressed.
    for tag in prose.locator("a, b, code, [data-math]").all():
        tag.dispatch_event("click")
    assert page.evaluate("window.hacked") is None
    assert prose.locator("script, img, iframe, svg[onload], [onclick], [onerror], [href^=javascript]").count() == 0
    assert [url for url in fetched if "/v1/" not in url and "/ui/" not in url and "/api/" not in url] == []


def test_what_an_engine_refuses_is_said(page: Page) -> None:
    page.goto("/ui/playground/chat/writer")
    attach(page, b"no picture")
    say(page, "What is it?")
    expect(page.get_by_role("alert")).to_contain_text("a picture is no PNG, JPEG, GIF or WebP", timeout=LIMIT)


def test_what_renders_code_and_formulas_is_fetched_when_there_is_some(page: Page) -> None:
    finished: list[Request] = []
    page.on("requestfinished", lambda request: finished.append(request))
    page.goto("/ui/playground/chat/echo1.5")
    say(page, "Plain words, and **bold** ones.")
    answer_of(page, "Echo")
    assert not [one.url for one in finished if re.search("highlight|formulas|KaTeX", one.url)]
    assert 0 < sum(one.sizes()["responseBodySize"] for one in finished if "/ui/" in one.url) < 300_000
    say(page, "```js\nlet x = 1\n```\n\n$x^2$")
    answer_of(page, "Echo")
    expect(page.locator(".katex-html, .hljs-keyword")).to_have_count(2)
    assert [one.url for one in finished if re.search("highlight|formulas", one.url)]


def test_the_menu_shows_that_an_answer_is_still_coming(page: Page) -> None:
    page.goto("/ui/playground/chat/org/slow")
    say(page, "Tell me of the sea.")
    page.get_by_role("link", name="Logs").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Logs")
    working = page.get_by_role("link", name="Playground").locator(".breathing")
    expect(working).to_have_count(1)
    page.get_by_role("link", name="Playground").click()
    page.get_by_role("button", name="Stop").click()
    expect(working).to_have_count(0)
    expect(page.get_by_role("article", name="Slow").get_by_text("stopped", exact=True)).to_be_visible()


# ---------------------------------------------------------------- the other tabs


def test_only_models_that_fit_are_offered_but_any_can_be_chosen(page: Page) -> None:
    page.goto("/ui/playground/images")
    model = page.get_by_label("Model", exact=True)
    expect(model).to_have_value("painter")
    expect(model.get_by_role("option", name="Writer")).to_have_count(0)
    expect(model.get_by_role("option", name="Echo")).to_have_count(1)
    page.get_by_label("Show all models").check()
    model.select_option("Writer")
    expect(model).to_have_value("writer")


def test_images_are_drawn_seen_and_downloaded(page: Page, tmp_path: Path) -> None:
    page.goto("/ui/playground/images")
    page.get_by_label("What to draw").fill("A night over the mountains")
    page.get_by_label("Size").fill("128x96")
    page.get_by_label("How many").fill("2")
    page.get_by_label("Seed").fill("7")
    page.get_by_role("button", name="Draw", exact=True).click()
    expect(page.get_by_role("listitem").filter(has=page.get_by_role("img"))).to_have_count(2, timeout=LIMIT)
    expect(page.get_by_text("seed 8")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").last.click()
    download.value.save_as(tmp_path / "image.png")
    assert (tmp_path / "image.png").read_bytes() == draw("A night over the mountains", 128, 96, 7)
    page.get_by_role("button", name="Look at").first.click()
    dialog = page.get_by_role("dialog", name="A night over the mountains")
    dialog.get_by_role("button", name="Draw this again").click()
    expect(page.get_by_label("Seed")).to_have_value("8")
    look_at(page, "playground-images")
    page.get_by_label("API").select_option("Stable Diffusion web UI")
    page.get_by_role("button", name="Which LoRAs?").click()
    page.get_by_role("button", name="watercolour").click()
    expect(page.get_by_label("What to draw")).to_have_value(re.compile("<lora:watercolour:1>"))
    page.get_by_label("Steps").fill("5")
    page.get_by_role("button", name="Draw", exact=True).click()
    expect(page.get_by_role("listitem").filter(has=page.get_by_role("img"))).to_have_count(4, timeout=LIMIT)


def test_what_is_spoken_is_heard_again(page: Page, tmp_path: Path) -> None:
    page.goto("/ui/playground/speech")
    expect(page.get_by_label("Model", exact=True)).to_have_value("speaker")
    page.get_by_label("What to say").fill("The sea was calm. Nobody spoke.")
    # Asked on demand, or by itself where the model runs already.
    voices = page.get_by_role("button", name="Which voices?")
    soprano = page.get_by_role("button", name="soprano")
    expect(voices.or_(soprano).first).to_be_visible(timeout=LIMIT)
    if voices.is_visible():
        voices.click()
    soprano.click(timeout=LIMIT)
    page.get_by_label("Play it at once").uncheck()
    page.get_by_role("button", name="Speak", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click(timeout=LIMIT)
    spoken = tmp_path / "speech.wav"
    download.value.save_as(spoken)
    assert spoken.read_bytes() == wav(speak("The sea was calm. Nobody spoke.", "soprano"))
    wait_until(lambda: page.evaluate("document.querySelector('audio').duration") > 1)
    look_at(page, "playground-speech")

    page.get_by_role("link", name="Transcription").click()
    page.locator("input[type=file]").set_input_files(spoken)
    page.get_by_role("button", name="Transcribe").click()
    expect(page.get_by_text("The sea was calm. Nobody spoke.", exact=True)).to_be_visible(timeout=LIMIT)
    page.get_by_role("button", name="Nobody spoke.").click()
    wait_until(lambda: page.evaluate("document.querySelector('audio').currentTime") > 0.5)
    look_at(page, "playground-transcription")


def test_the_microphone_is_listened_to(page: Page) -> None:
    page.goto("/ui/playground/transcription")
    page.get_by_role("button", name="Record", exact=True).click()
    finish = page.get_by_role("button", name=re.compile(r"Finish recording \((?!0:00\.[0-2])"))
    expect(finish).to_be_visible(timeout=LIMIT)
    page.get_by_role("button", name="Finish recording").click()
    expect(page.get_by_text("recording.wav")).to_be_visible(timeout=LIMIT)
    page.get_by_role("button", name="Transcribe").click()
    heard = page.get_by_text(re.compile(r"This is a WAV of \d+\.\d s with one channel of 16000 samples"))
    expect(heard.first).to_be_visible(timeout=LIMIT)


def test_documents_are_ranked_by_keyboard_alone(page: Page) -> None:
    page.goto("/ui/playground/rerank")
    model = page.get_by_label("Model", exact=True)
    expect(model).to_have_value("embedder")
    model.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("golden ball")
    page.keyboard.press("Tab")
    page.keyboard.type("A dark well\nThe golden ball\nA ball")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    results = page.get_by_role("list", name="Documents").get_by_role("listitem")
    expect(results).to_have_count(3, timeout=LIMIT)
    expect(results.first).to_contain_text("The golden ball")
    expect(results.first).to_contain_text("1.000")
    expect(results.nth(1)).to_contain_text("0.500")
    look_at(page, "playground-rerank")


def test_texts_are_compared(page: Page) -> None:
    page.goto("/ui/playground/embeddings")
    expect(page.get_by_label("Model", exact=True)).to_have_value("embedder")
    page.get_by_label("Texts").fill("the golden ball\nthe golden frog\ntaxes on ships")
    page.get_by_role("button", name="Compare").click()
    table = page.get_by_role("table")
    expect(table.get_by_role("row")).to_have_count(4, timeout=LIMIT)
    alike, unlike = (float(table.get_by_role("row").nth(1).get_by_role("cell").nth(at).inner_text()) for at in (1, 2))
    assert alike > 0.5 > unlike
    expect(page.get_by_role("region", name="Nearest pairs").get_by_role("listitem").first).to_contain_text(
        "the golden frog"
    )
    look_at(page, "playground-embeddings")


def test_a_load_test_draws_its_requests_and_can_be_stopped(page: Page, daemon: Daemon) -> None:
    page.goto("/ui/playground/load-test/writer")
    page.get_by_role("checkbox", name="Thinker").check()
    page.get_by_label("Requests").fill("6")
    page.get_by_label("At once").fill("3")
    page.get_by_label("Most tokens each").fill("60")
    page.get_by_role("button", name="Start").click()
    timeline = page.get_by_role("list", name="Timeline")
    expect(page.get_by_text("6 of 6")).to_be_visible(timeout=LIMIT)
    expect(timeline.get_by_role("listitem")).to_have_count(6)
    thinking = timeline.get_by_role("img", name=re.compile(r"thinker · .*thinking .*streaming"))
    expect(thinking).to_have_count(3)
    for figure in ("first token", "whole answer", "tokens/s of one"):
        cells = page.get_by_role("row", name=figure).get_by_role("cell")
        assert all(re.match(r"\d", cells.nth(at).inner_text()) for at in (0, 1))
    page.get_by_text("As a table").click()
    expect(page.get_by_role("table").last.get_by_role("row")).to_have_count(7)
    look_at(page, "playground-load-test")

    page.get_by_role("checkbox", name="Writer").uncheck()
    page.get_by_role("checkbox", name="Thinker").uncheck()
    page.get_by_role("checkbox", name="Slow").check()
    page.get_by_role("button", name="Start").click()
    expect(timeline.get_by_role("img", name=re.compile("streaming")).first).to_be_visible(timeout=LIMIT)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Start")).to_be_visible()
    expect(timeline.get_by_role("img", name=re.compile("stopped$"))).to_have_count(3)


def test_the_ways_to_a_tab_are_the_commands_and_the_model_that_it_suits(page: Page) -> None:
    page.goto("/ui/")
    expect(page.get_by_text("Live")).to_be_visible(timeout=LIMIT)
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill("playground load test")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Start")).to_be_visible(timeout=LIMIT)
    page.goto("/ui/models/painter")
    page.get_by_role("link", name="Try it in the playground").click()
    expect(page.get_by_role("button", name="Draw", exact=True)).to_be_visible(timeout=LIMIT)
    expect(page.get_by_label("Model", exact=True)).to_have_value("painter")


def test_it_speaks_german(open_page: OpenPage) -> None:
    page = open_page(locale="de-DE")
    page.goto("/ui/playground/embeddings")
    page.get_by_role("button", name="Ein Beispiel nehmen").click()
    page.get_by_role("button", name="Vergleichen").click()
    expect(page.get_by_role("heading", name="Ähnlichkeit")).to_be_visible(timeout=LIMIT)
    for tab in ("Gespräch", "Bilder", "Sprechen", "Zuhören", "Rangfolge", "Lasttest"):
        page.get_by_role("link", name=tab).click()
        expect(page.get_by_role("link", name=tab)).to_have_attribute("aria-current", "page")
