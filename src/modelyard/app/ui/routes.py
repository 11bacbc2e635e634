"""The routes below `/ui/` (spec http 21).

The pages of the UI have paths of their own below `/ui/`, and all of them are one file; the browser decides what it
shows. The file names what it needs relative to `/ui/`, so that the UI works below a prefix of a reverse proxy: the
server says in a `<base>` how far up that is.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from modelyard.app.respond import api_redirect
from modelyard.app.ui.assets import PAGE, Asset, Assets
from modelyard.app.ui.fallback import POLICY as FALLBACK_POLICY
from modelyard.app.ui.fallback import fallback_page
from modelyard.app.world import World
from modelyard.runtime.engine import Engine

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "font-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "base-uri 'self'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
"""Nothing runs that we did not serve, and nothing is fetched from anywhere else."""
_PREFIX = b"/ui/"
_BASE = b'<base href="./">'
"""What the page says before the server knows where it is."""
_NAMES_OF_MODELS = ("models/", "playground/", "explain/", "config/of/")
"""What follows these has dots in it, and is no file."""
_FOR_EVER = "public, max-age=31536000, immutable"


class UiRoutes:
    """Serves the UI."""

    def __init__(self, engine: Engine, world: World, assets: Assets) -> None:
        self._engine = engine
        self._world = world
        self._assets = assets

    def __repr__(self) -> str:
        return f"<UiRoutes of {self._assets!r}>"

    async def enter(self, request: Request) -> Response:
        """`GET /ui`."""
        return api_redirect(request, 307, "/ui/")

    async def page(self, request: Request) -> Response:
        """`GET /ui/…`: a file of the UI; any other path is one of its pages, unless it looks like a file."""
        path = request.path_params["path"]
        if path != PAGE and (asset := self._assets.get(path)) is not None:
            return _file(request, asset)
        if _looks_like_a_file(path):
            return PlainTextResponse("404 page not found\n", status_code=404)
        page = self._assets.get(PAGE)
        return self._fallback() if page is None else _page(request, page)

    def _fallback(self) -> Response:
        phases = {model: known.phase for model, known in self._engine.snapshot().models.items()}
        models = ((model, str(phases.get(model, "stopped"))) for model in sorted(self._world.config.models))
        headers = {"Content-Security-Policy": FALLBACK_POLICY, "Cache-Control": "no-store"}
        return Response(fallback_page(models, self._assets.reason), media_type="text/html", headers=headers)


def _looks_like_a_file(path: str) -> bool:
    """As it is told in spec http 21, but for the names of models."""
    return "." in path.rpartition("/")[2] and not path.startswith(_NAMES_OF_MODELS)


def _file(request: Request, asset: Asset) -> Response:
    headers = {
        "Cache-Control": _FOR_EVER if asset.immutable else "no-cache",
        "ETag": asset.etag,
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if request.headers.get("if-none-match") == asset.etag:
        return Response(status_code=304, headers=headers)
    coding, content = asset.best_for(request.headers.get("accept-encoding", ""))
    if coding:
        headers["Content-Encoding"] = coding
    return Response(content, media_type=asset.media_type, headers=headers)


def _page(request: Request, asset: Asset) -> Response:
    """The page, with the way from where it is asked for to `/ui/`; short enough to go uncompressed."""
    depth = request.scope["raw_path"].removeprefix(_PREFIX).count(b"/")
    base = b'<base href="%b">' % (b"../" * depth or b"./")
    headers = {
        "Cache-Control": "no-cache",
        "Content-Security-Policy": POLICY,
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(asset.encoded[""].replace(_BASE, base, 1), media_type="text/html", headers=headers)
