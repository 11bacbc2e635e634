"""Five hundred events a second: the page keeps up, and frames are not dropped."""

from __future__ import annotations

import collections
import json
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.ui.conftest import OpenPage
from tests.support.browser import DESK, LIMIT

pytestmark = pytest.mark.real

RATE, EVENTS = 500, 2000
LONG, FRAME = 50.0, 1000 / 60
"""Milliseconds."""
MAIN = "CrRendererMain"

FLOOD = """
(() => {
  // Without a shared worker the page itself reads the stream: all of the work is where it is measured.
  delete window.SharedWorker;
  const RATE = 500, STEP = 20;
  const real = window.fetch;
  const wrap = (type, data) => `event:message\\ndata:${JSON.stringify({type, data: JSON.stringify(data)})}\\n\\n`;
  const request = (id) => ({id: String(id), timestamp: new Date().toISOString(), model: `model-${id % 8}`,
    req_path: "/v1/chat/completions", method: "POST", req_headers: {"User-Agent": "flood"}, remote_ip: "127.0.0.1",
    resp_headers: {}, resp_bytes: 100 * id, elapsed_ms: 5});
  const status = (turn) => Array.from({length: 24}, (_, index) => ({id: `model-${index}`, name: "", description: "",
    state: "ready", phase: (turn + index) % 24 < 4 ? ["ready", "starting", "ready", "stopping"][index % 4] : "stopped",
    reason: "a request asked for it", unlisted: false, peerID: ""}));
  let sent = 0;
  const next = () => {
    sent += 1;
    if (sent % 50 === 0) return wrap("modelStatus", status(sent / 50));
    if (sent % 5 === 0) return wrap("activity", {id: sent});
    if (sent % 5 === 1) return wrap("logData", {source: sent % 2 ? "proxy" : "upstream",
      data: `[INFO] \\u001b[32mline\\u001b[0m ${sent} of a model that has much to say of what it does\\n`});
    if (sent % 5 === 2 && sent > 300) return wrap("inflight", {operation: "remove", id: String(sent - 300)});
    return wrap("inflight", {operation: "upsert", request: request(sent % 5 === 3 ? sent - 1 : sent)});
  };
  window.flooded = () => sent;
  window.fetch = async (input, init) => {
    if (!String(input).endsWith("/api/events")) return real(input, init);
    const encoder = new TextEncoder();
    let timer, began;
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(encoder.encode(wrap("modelStatus", status(0))));
        const full = Array.from({length: 4000}, (_, line) => `[INFO] line ${line} of those that are kept\\n`).join("");
        controller.enqueue(encoder.encode(wrap("logData", {source: "proxy", data: full})));
        began = performance.now();
        timer = setInterval(() => {
          let text = "";
          while (sent < (performance.now() - began) * RATE / 1000) text += next();
          if (text) controller.enqueue(encoder.encode(text));
        }, STEP);
      },
      cancel() { clearInterval(timer); },
    });
    return new Response(body, {headers: {"Content-Type": "text/event-stream"}});
  };
})();
"""

UNTIL = """
(events) => new Promise((done) => {
  const timer = setInterval(() => window.flooded() > events && (clearInterval(timer), done()), 50);
})
"""


JOB = """
() => {
  const job = () => {
    const began = performance.now();
    const rows = Array.from({length: 4000}, (_, id) => ({id: String(id), model: `model-${id % 8}`, bytes: 100 * id}));
    const text = JSON.stringify(rows.sort((a, b) => a.model < b.model ? -1 : 1));
    if (JSON.parse(text).length !== rows.length) throw new Error();
    return performance.now() - began;
  };
  return Array.from({length: 25}, job).sort((a, b) => a - b)[12];
}
"""
JOB_TAKES = 4.0
"""Milliseconds that the job takes on the machine for which the limits are meant. They are wider on a slower one."""
DRAWS_FRAMES = 1.25
"""How many times as slow a machine may be for the number of dropped frames to say anything."""
TRIES = 3
"""Machines that are shared become slower for a while; a page that is too slow is so each time."""


@pytest.mark.parametrize("path", ["", "logs", "activity"])
def test_no_frame_is_dropped_at_500_events_a_second(browser: Browser, open_page: OpenPage, path: str) -> None:
    """What the page's own thread computes is counted, not what the clock says: other work on the machine is not ours.
    A task of more than 50 ms is what browsers call a long one, one of more than a frame's 16.7 ms may drop a frame."""
    page = open_page(DESK)
    page.add_init_script(FLOOD)
    found: list[list[str]] = []
    while len(found) < TRIES:
        found.append(flood(browser, page, path))
        if not found[-1]:
            return
    raise AssertionError(found)


def flood(browser: Browser, page: Page, path: str) -> list[str]:
    """What is too slow, in words."""
    page.goto(f"/ui/{path}")
    expect(page.get_by_text("Live", exact=True)).to_be_visible(timeout=LIMIT)
    page.evaluate(UNTIL, 1000)
    before = page.evaluate(JOB)
    browser.start_tracing(page=page, categories=["devtools.timeline", "disabled-by-default-devtools.timeline"])
    flooded = page.evaluate("() => window.flooded()")
    page.evaluate(UNTIL, flooded + EVENTS)
    tasks = tasks_of_page(json.loads(browser.stop_tracing()))
    slower = max(1.0, before / JOB_TAKES, page.evaluate(JOB) / JOB_TAKES)
    said = f"on a machine {slower:.1f} times as slow"
    wrong = []
    if sum(tasks) / 1000 >= slower * 0.6 * EVENTS / RATE:
        wrong.append(f"{sum(tasks):.0f} ms are more than 60 % of a processor {said}")
    if max(tasks) >= slower * LONG:
        wrong.append(f"tasks are long {said}: {sorted(tasks)[-5:]}")
    if slower <= DRAWS_FRAMES and sum(task > FRAME for task in tasks) > 0.02 * EVENTS / RATE * 60:
        wrong.append(f"frames may be dropped {said}: {sorted(tasks)[-20:]}")
    return wrong


def tasks_of_page(trace: dict[str, Any]) -> list[float]:
    """How long each task of the page's own thread computed, in milliseconds."""
    events = trace["traceEvents"]
    main = {(one["pid"], one["tid"]) for one in events if one["name"] == "thread_name" and one["args"]["name"] == MAIN}
    tasks = [one for one in events if one["name"] == "RunTask" and (one["pid"], one["tid"]) in main and "tdur" in one]
    busiest = collections.Counter[int]()
    for one in tasks:
        busiest[one["pid"]] += one["tdur"]
    [(page, _)] = busiest.most_common(1)
    return [one["tdur"] / 1000 for one in tasks if one["pid"] == page]
