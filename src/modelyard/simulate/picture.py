"""A run as a chart: a lane for each model with its phases, and below it how many waited for it.

The chart is SVG, which a page shows as it is and which anything can turn into pixels, so there is one drawing and no
library for it. All panels have the same time scale, so that policies can be compared from one to the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from modelyard.simulate.figures import Figures
from modelyard.simulate.record import ChildRecord, Record
from modelyard.simulate.table import duration
from modelyard.simulate.timeline import Shade, Step, models_of, queue_of, stretches

WIDTH = 1200
_LEFT, _RIGHT = 150, 56
_TOP, _TITLE, _AXIS = 64, 46, 34
_BAR, _QUEUE, _GAP = 15, 15, 9
_LANE = _BAR + _QUEUE + _GAP
_GRAIN = 0.4
"""Pixels; nothing narrower is drawn on its own."""
_LONGEST_NAME = 20
_TICKS = 10
_STEPS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800, 43200, 86400)
_LEGEND = ((Shade.LOADING, 88), (Shade.SERVING, 88), (Shade.IDLE, 64), (Shade.STOPPING, 94), ("waiting", 66))
"""The classes of the chart, and the pixels that each takes in the legend."""
_STYLE = """
text { font-family: Inter, 'Helvetica Neue', Helvetica, 'DejaVu Sans', sans-serif; fill: #1f2933; font-size: 12px }
.paper { fill: #ffffff } .row { fill: #f5f7fa } .grid { stroke: #e4e7eb } .axis { fill: #7b8794; font-size: 11px }
.title { font-size: 15px; font-weight: 600 } .heading { font-size: 19px; font-weight: 600 } .muted { fill: #616e7c }
.name { text-anchor: end } .end { text-anchor: end } .middle { text-anchor: middle } .small { font-size: 10px }
.loading { fill: #f0a73a } .serving { fill: #0f8b7d } .idle { fill: #b5e0d8 } .stopping { fill: #a3acb9 }
.waiting { fill: #d64569; fill-opacity: .8 } .peak { fill: #b02a4c; font-size: 10px }
"""
_NIGHT = """
body { margin: 0; background: #ffffff } svg { display: block; margin: 0 auto; max-width: 100%; height: auto }
g:hover > rect { filter: brightness(1.12) }
@media (prefers-color-scheme: dark) {
  body { background: #12161c } text { fill: #e4e7eb } .paper { fill: #12161c } .row { fill: #1a2028 }
  .grid { stroke: #2a323d } .axis, .muted { fill: #9aa5b1 } .idle { fill: #2b5a55 } .serving { fill: #2bb3a3 }
  .stopping { fill: #5b6673 } .waiting { fill: #e8688a } .peak { fill: #f29ab2 }
}
"""


def draw_svg(records: Sequence[Record], figures: Sequence[Figures]) -> str:
    """The chart as an SVG document."""
    return _Chart(records, figures).draw(_STYLE)


def draw_page(records: Sequence[Record], figures: Sequence[Figures]) -> str:
    """The chart as a page of its own, which needs nothing else; pointing at a child says more of it."""
    chart = _Chart(records, figures).draw(_STYLE + _NIGHT)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>modelyard simulate</title></head>\n<body>\n{chart}\n</body></html>\n"
    )


class _Chart:
    def __init__(self, records: Sequence[Record], figures: Sequence[Figures]) -> None:
        self._runs = list(zip(records, figures, strict=True))
        self._models = models_of(records)
        self._end = max([1e-3, *(record.end for record in records)])
        self._scale = (WIDTH - _LEFT - _RIGHT) / self._end
        """Pixels to a second."""
        self._queues = {
            (record.policy, model): queue_of(record, model, _GRAIN / self._scale)
            for record in records
            for model in self._models
        }
        self._longest = max((step.waiting for steps in self._queues.values() for step in steps), default=0)
        self._panel = _TITLE + _LANE * len(self._models) + _AXIS

    def draw(self, style: str) -> str:
        height = _TOP + self._panel * len(self._runs)
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
                f'width="{WIDTH}" height="{height}">',
                f"<style>{style}</style>",
                f'<rect class="paper" width="{WIDTH}" height="{height}"/>',
                *self._legend(),
                *(
                    line
                    for number, (record, figures) in enumerate(self._runs)
                    for line in self._draw_panel(record, figures, _TOP + number * self._panel)
                ),
                "</svg>",
            ]
        )

    def _legend(self) -> Iterator[str]:
        yield _text(24, 36, "Who was loaded, and who waited", "heading")
        x = WIDTH - _RIGHT - sum(width for _, width in _LEGEND)
        for name, width in _LEGEND:
            yield f'<rect class="{name}" x="{x}" y="25" width="14" height="12" rx="2"/>'
            yield _text(x + 20, 36, name)
            x += width

    def _draw_panel(self, record: Record, figures: Figures, top: float) -> Iterator[str]:
        yield _text(24, top + 24, record.policy, "title")
        yield _text(WIDTH - _RIGHT, top + 24, _summary(figures), "muted end")
        lanes = top + _TITLE
        bottom = lanes + _LANE * len(self._models)
        for number in range(0, len(self._models), 2):
            yield (
                f'<rect class="row" x="{_LEFT}" y="{lanes + number * _LANE - _GAP / 2:g}" '
                f'width="{WIDTH - _LEFT - _RIGHT}" height="{_LANE}"/>'
            )
        yield from self._draw_axis(lanes - _GAP / 2, bottom - _GAP / 2)
        children: dict[str, list[ChildRecord]] = {}
        for child in record.children:
            children.setdefault(child.model, []).append(child)
        for number, model in enumerate(self._models):
            lane = lanes + number * _LANE
            yield _text(_LEFT - 12, lane + _BAR - 3, _shortened(model), "name")
            for child in children.get(model, ()):
                yield from self._draw_child(child, record.end, lane)
            yield from self._draw_queue(self._queues[record.policy, model], lane + _BAR + 1)

    def _draw_axis(self, top: float, bottom: float) -> Iterator[str]:
        step = next((step for step in _STEPS if self._end / step <= _TICKS), _STEPS[-1])
        for number in range(int(self._end / step) + 1):
            x = self._x(number * step)
            yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{top:g}" y2="{bottom + 5:g}"/>'
            yield _text(x, bottom + 18, _clock(number * step, self._end), "axis middle")

    def _draw_child(self, child: ChildRecord, end: float, lane: float) -> Iterator[str]:
        yield f"<g><title>{escape(_story(child))}</title>"
        for stretch in stretches(child, end, _GRAIN / self._scale):
            width = max(_GRAIN, (stretch.end - stretch.start) * self._scale)
            yield (
                f'<rect class="{stretch.shade}" x="{self._x(stretch.start):.1f}" y="{lane:g}" '
                f'width="{width:.1f}" height="{_BAR}"/>'
            )
        yield "</g>"

    def _draw_queue(self, steps: Sequence[Step], top: float) -> Iterator[str]:
        """An area from the lane's bar downwards; the most that waited is written beside it."""
        peak = max((step.waiting for step in steps), default=0)
        if not peak:
            return
        path: list[str] = []
        depth = 0.0
        for step in steps:
            x = self._x(step.at)
            path.append(f"{'L' if path else 'M'}{x:.1f} {top + depth:.1f}")
            depth = max(2.0, step.waiting / self._longest * _QUEUE) if step.waiting else 0.0
            path.append(f"L{x:.1f} {top + depth:.1f}")
        yield f'<path class="waiting" d="{" ".join(path)} Z"/>'
        yield _text(WIDTH - _RIGHT + 6, top + 10, f"max {peak}", "peak")

    def _x(self, at: float) -> float:
        return _LEFT + at * self._scale


def _text(x: float, y: float, text: str, style: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{style}">{escape(text)}</text>'


def _summary(figures: Figures) -> str:
    return (
        f"{figures.requests} requests · {figures.swaps} swaps · waiting: p50 {duration(figures.p50_wait)}, "
        f"p95 {duration(figures.p95_wait)}, longest {duration(figures.max_wait)}"
    )


def _story(child: ChildRecord) -> str:
    told = [f"{child.child}: started at {child.started:.1f} s"]
    if child.ready is not None:
        told.append(f"ready at {child.ready:.1f} s")
    told.append(f"served {child.served}")
    if child.stopping is not None:
        told.append(f"told to stop at {child.stopping:.1f} s")
    return ", ".join(told)


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _clock(seconds: int, end: float) -> str:
    if end < 120:
        return f"{seconds} s"
    minutes, rest = divmod(seconds, 60)
    if end < 7200:
        return f"{minutes}:{rest:02}"
    return f"{minutes // 60} h {minutes % 60:02}"
