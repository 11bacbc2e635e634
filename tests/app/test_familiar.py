"""Lines of the log that people who come from llama-swap look for."""

from __future__ import annotations

import pytest

from modelyard.app.familiar import FamiliarLines
from modelyard.config.document import SelectorEntry
from modelyard.config.schema import Config, ModelConfig
from modelyard.core.commands import StartChild, StopChild
from modelyard.core.events import ChildFailed
from modelyard.core.model import ChildId
from modelyard.core.reasons import evicted_for, idle_for
from modelyard.runtime.engine import ChildNews, Serving
from tests.support.plane import Plane, in_plane


@pytest.mark.parametrize(
    ("news", "line"),
    [
        (
            StopChild(ChildId("m", 1), 5.0, idle_for(90)),
            "[INFO] <m> Unloading model, TTL of 90s reached\n",
        ),
        (StopChild(ChildId("m", 1), 5.0, evicted_for("w")), ""),
        (
            ChildFailed(ChildId("m", 1), "upstream command exited prematurely\nlast words"),
            "[ERROR] group: starting m failed: upstream command exited prematurely\n",
        ),
        (ChildFailed(ChildId("m", 1), ""), ""),
        (StartChild(ChildId("m", 1), "wanted"), ""),
    ],
)
def test_news_in_the_old_words(news: ChildNews, line: str) -> None:
    async def story(plane: Plane) -> None:
        heard: list[ChildNews] = []

        def next_one(news: ChildNews, serving: Serving | None) -> None:
            heard.append(news)

        plane.engine.witness = next_one
        FamiliarLines(plane.engine, plane.world, plane.logs.daemon)
        plane.engine.witness(news, None)
        assert heard == [news]
        assert (plane.logs.history("proxy") or b"").decode() == line

    in_plane(story, model=ModelConfig(id="m", cmd="x", proxy="http://unused", ttl=90))


def test_where_a_request_goes_is_said_to_those_who_debug() -> None:
    config = Config(
        models={"m": ModelConfig(id="m", cmd="x", proxy="http://unused")},
        selectors={"s": SelectorEntry(strategy="pin", targets=("m",))},
    )

    async def story(plane: Plane) -> None:
        async with plane.client() as client:
            for level in ("info", "debug"):
                plane.logs.daemon.configure(level=level, time_format="")
                client.post(b'{"model":"s"}')
                await (await plane.upstream.request()).answer_json()
                await client.head()
                await client.read(2)
        said = (plane.logs.history("proxy") or b"").decode().splitlines()
        debugged = [line for line in said if line.startswith("[DEBUG]")]
        assert debugged == ["[DEBUG] selector: id=s target=m", "[DEBUG] dispatch: using local process for model: m"]

    in_plane(story, config=config)
