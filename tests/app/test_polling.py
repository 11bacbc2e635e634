"""What clients poll changes nothing."""

from __future__ import annotations

import httpx
import pytest

from modelyard.config.schema import Config, ModelConfig
from modelyard.core.model import Phase
from tests.app.test_api import api_of
from tests.support.plane import Plane, in_plane

POLLED = (
    "/health",
    "/v1/models",
    "/running",
    "/metrics",
    "/api/performance",
    "/api/hardware",
    "/api/version",
    "/api/status",
    "/api/profiles",
    "/api/queue",
    "/api/inflight",
    "/api/metrics/activity",
    "/api/metrics/stats",
    "/logs",
)


@pytest.mark.parametrize("path", POLLED)
def test_polling_loads_no_model(path: str) -> None:
    """R60: and keeps none, since only requests for models count as use."""

    async def story(plane: Plane) -> None:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{plane.port}", timeout=20) as client:
            for _ in range(3):
                assert (await client.get(path)).status_code in (200, 503)
        assert plane.engine.phase_of("m") is Phase.STOPPED
        assert [type(event).__name__ for _, event in plane.engine.flight_recorder] == ["SpecsChanged"]

    in_plane(story, config=Config(models={"m": ModelConfig(id="m", cmd="x", proxy="http://u")}), make_app=api_of)
