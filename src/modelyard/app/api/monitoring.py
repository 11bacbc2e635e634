"""Figures of the machine and of the models over HTTP (spec http 20)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from modelyard import __version__
from modelyard.app.monitoring import Monitoring
from modelyard.app.respond import api_error, api_json
from modelyard.runtime.gauges.samples import GpuSample, ModelSample, SystemSample
from modelyard.wire.errors import HttpError
from modelyard.wire.exposition import CONTENT_TYPE

BAD_AFTER = HttpError(400, "invalid 'after' timestamp, use RFC3339 format")
NO_HARDWARE = HttpError(503, "hardware detection unavailable")

Sample = TypeVar("Sample", SystemSample, GpuSample, ModelSample)

_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)")


class MonitoringRoutes:
    """The routes that show figures."""

    def __init__(self, monitoring: Monitoring) -> None:
        self._monitoring = monitoring

    def __repr__(self) -> str:
        return f"<MonitoringRoutes of {self._monitoring!r}>"

    async def version(self, request: Request) -> Response:
        """`GET /api/version`."""
        return api_json({"version": __version__, "commit": "unknown", "build_date": "unknown"})

    async def performance(self, request: Request) -> Response:
        """`GET /api/performance[?after=TIME]`: the samples of the last hour, or those taken after a moment."""
        monitor = self._monitoring.monitor
        if not monitor.enabled:
            return api_json({"enabled": False}, 503)
        systems, gpus = list(monitor.systems), [gpu for sample in monitor.gpus for gpu in sample]
        models = [model for sample in monitor.models for model in sample]
        text = request.query_params.get("after", "")
        if not text:
            return _performance(systems or None, gpus or None, models or None)
        after = parse_time(text)
        if after is None:
            return api_error(request, BAD_AFTER)
        return _performance(_newer(systems, after), _newer(gpus, after), _newer(models, after))

    async def hardware(self, request: Request) -> Response:
        """`GET /api/hardware`: what the machine is made of."""
        report = await self._monitoring.hardware()
        return api_error(request, NO_HARDWARE) if report is None else api_json(report)

    async def metrics(self, request: Request) -> Response:
        """`GET /metrics`, for Prometheus; with `engines=1` (ours) those of the engines, too."""
        if not self._monitoring.monitor.enabled:
            return PlainTextResponse("# performance monitor not available\n", 503)
        text = self._monitoring.exposition()
        if request.query_params.get("engines") == "1":
            text += await self._monitoring.of_engines()
        return Response(text, headers={"Content-Type": CONTENT_TYPE})


def _performance(
    systems: list[SystemSample] | None, gpus: list[GpuSample] | None, models: list[ModelSample] | None
) -> Response:
    """`model_stats` is ours."""
    return api_json({"enabled": True, "sys_stats": systems, "gpu_stats": gpus, "model_stats": models})


def _newer(samples: list[Sample], after: datetime) -> list[Sample]:
    return [sample for sample in samples if sample.timestamp > after]


def parse_time(text: str) -> datetime | None:
    """A moment as RFC 3339 writes it; None where the text is no such. Less than a microsecond is dropped."""
    match = _RFC3339.fullmatch(text.replace(" ", "+"))  # a "+" that was not escaped in a query
    if match is None:
        return None
    day, hour, fraction, zone = match.groups()
    try:
        return datetime.fromisoformat(f"{day}T{hour}.{(fraction or '0')[:6]:0<6}{zone.replace('Z', '+00:00')}")
    except ValueError:
        return None
