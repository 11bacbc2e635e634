"""Telling watchers what is the case (DESIGN section 6)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from modelyard.runtime.feed import MAX_STEPS, Cursor, Feed, News
from modelyard.runtime.logs import LogHub

Story = Callable[[LogHub, Feed, dict[str, int]], Awaitable[None]]


def tell(story: Story) -> None:
    """Run a story with a feed of one topic, `count`, whose state is `figures["count"]`."""

    async def work() -> None:
        logs, figures = LogHub(to_stdout="none"), {"count": 1}
        feed = Feed(logs)
        feed.add("count", lambda: figures["count"])
        async with asyncio.timeout(10):
            await story(logs, feed, figures)

    asyncio.run(work())


def line(source: str, text: str) -> News:
    return News("logData", {"source": source, "data": text})


def test_a_watcher_is_told_first_what_is_the_case() -> None:
    async def story(logs: LogHub, feed: Feed, figures: dict[str, int]) -> None:
        logs.daemon.info("up")
        feed.add("later", lambda: "state")
        assert await feed.watch().read() == [
            line("proxy", "[INFO] up\n"),
            line("upstream", ""),
            News("count", 1),
            News("later", "state"),
        ]

    tell(story)


def test_who_was_away_is_told_what_was_missed_and_not_what_is_known() -> None:
    async def story(logs: LogHub, feed: Feed, figures: dict[str, int]) -> None:
        feed.add_sequence("row", lambda: figures["rows"], lambda number: {"id": number})
        figures["rows"] = 7
        logs.daemon.info("known")
        with_all = feed.watch()
        await with_all.read()
        cursor = feed.cursor()
        with_all.close()
        logs.daemon.info("missed")
        figures["rows"] = 9
        assert await feed.watch(cursor).read() == [
            line("proxy", "[INFO] missed\n"),
            News("row", {"id": 8}),
            News("row", {"id": 9}),
            News("count", 1),
        ]
        assert await feed.watch(feed.cursor()).read() == [News("count", 1)]

    tell(story)


def test_of_much_that_was_missed_the_latest_is_told() -> None:
    async def story(logs: LogHub, feed: Feed, figures: dict[str, int]) -> None:
        feed.add_sequence("row", lambda: 5000, lambda number: number)
        for _ in range(40):
            logs.model("m").write(b"x" * 10_000)
        *told, state = await feed.watch(Cursor(1, (0, 1))).read()
        assert told[0] == line("upstream", "x" * 102_400)
        assert [news.data for news in told[1:]] == list(range(5001 - MAX_STEPS, 5001))
        assert state == News("count", 1)

    tell(story)


def test_changes_and_lines_are_told_as_they_come() -> None:
    async def story(logs: LogHub, feed: Feed, figures: dict[str, int]) -> None:
        watching = feed.watch()
        await watching.read()
        reading = asyncio.ensure_future(watching.read())
        figures["count"] = 2
        feed.changed("count")
        assert await reading == [News("count", 2)]
        logs.model("m").write(b"loading\n")
        assert await watching.read() == [line("upstream", "loading\n")]

    tell(story)


def test_a_slow_watcher_misses_steps_but_never_the_last_one() -> None:
    """R54: and nothing is kept for it meanwhile but the name of the topic."""

    async def story(logs: LogHub, feed: Feed, figures: dict[str, int]) -> None:
        watching = feed.watch()
        await watching.read()
        for figures["count"] in range(10_000):
            feed.changed("count")
        assert await watching.read() == [News("count", 9_999)]

    tell(story)


def test_a_slow_watcher_loses_lines_and_is_told_how_much() -> None:
    """R54."""

    async def story(logs: LogHub, feed: Feed, figures: dict[str, int]) -> None:
        watching = feed.watch()
        await watching.read()
        for _ in range(5):
            logs.model("m").write(b"x" * 100_000)
        (news,) = await watching.read()
        assert isinstance(news.data, dict)
        assert news.data["data"].endswith("— 300000 bytes dropped —\n")

    tell(story)


@pytest.mark.parametrize("close", [lambda feed, watching: feed.close(), lambda feed, watching: watching.close()])
def test_a_closed_watcher_reads_nothing_more(close: Callable[[Feed, object], None]) -> None:
    """R55: a server that goes away does not wait for those who watch."""

    async def story(logs: LogHub, feed: Feed, figures: dict[str, int]) -> None:
        watching = feed.watch()
        await watching.read()
        reading = asyncio.ensure_future(watching.read())
        await asyncio.sleep(0)
        close(feed, watching)
        assert await reading == []
        assert repr(feed).endswith("to 0>")
        feed.changed("count")

    tell(story)


def test_steps_are_told_one_by_one_and_not_beside_the_state_that_has_them() -> None:
    async def story(logs: LogHub, feed: Feed, figures: dict[str, int]) -> None:
        watched = [feed.is_watched]
        feed.tell("count", "lost: nobody watches")
        watching = feed.watch()
        watched.append(feed.is_watched)
        assert watched == [False, True]
        feed.tell("count", "in the state already")
        assert News("count", 1) in await watching.read()
        feed.tell("count", "+1")
        feed.tell("count", "+2")
        assert await watching.read() == [News("count", "+1"), News("count", "+2")]

    tell(story)


def test_who_is_too_many_steps_behind_is_told_the_state_anew() -> None:
    """R54: so what waits for a slow watcher is bounded."""

    async def story(logs: LogHub, feed: Feed, figures: dict[str, int]) -> None:
        watching = feed.watch()
        await watching.read()
        for figures["count"] in range(MAX_STEPS + 10):
            feed.tell("count", f"to {figures['count']}")
        assert await watching.read() == [News("count", MAX_STEPS + 9)]

    tell(story)


def test_of_a_sequence_a_watcher_that_reads_too_slowly_gets_the_latest() -> None:
    """What happens is told step by step, and a watcher that does not read costs no more than its bound."""

    async def story(logs: LogHub, feed: Feed, figures: dict[str, int]) -> None:
        watching = feed.watch()
        await watching.read()
        for number in range(MAX_STEPS + 10):
            feed.tell("happened", number)
        assert await watching.read() == [News("happened", number) for number in range(10, MAX_STEPS + 10)]
        feed.tell("happened", -1)
        assert await watching.read() == [News("happened", -1)]

    tell(story)


def test_a_sequence_finds_no_room_among_steps_of_others() -> None:
    async def story(logs: LogHub, feed: Feed, figures: dict[str, int]) -> None:
        watching = feed.watch()
        await watching.read()
        for number in range(MAX_STEPS):
            feed.tell("count", number)
        feed.tell("happened", 1)
        assert len(await watching.read()) == MAX_STEPS

    tell(story)
