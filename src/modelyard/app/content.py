"""What a request's body says, and how other names and parameters get into it (spec http 4 and 6).

A body stays what it is until something has to be written into it: a compressed one is then forwarded decoded, a form
keeps its boundary and the heads of its parts, and JSON keeps the spelling of what no filter names.
"""

from __future__ import annotations

from modelyard.app.resolution import Route
from modelyard.runtime.http.body import Body
from modelyard.runtime.http.request import Request
from modelyard.wire import body as wire_body
from modelyard.wire import errors
from modelyard.wire.body import Buffer
from modelyard.wire.codings import TooLargeError, UnknownCodingError, codings_of, decode
from modelyard.wire.errors import HttpError
from modelyard.wire.filters import FilterError, rewrite
from modelyard.wire.multipart import FormScanner, boundary_of, is_form_data

MAX_REWRITTEN = 256 << 20
"""Bytes of a JSON body that must be rewritten, which happens in memory (DESIGN section 5)."""
MAX_DECODED = 64 << 20
"""Bytes that a compressed body may come to. Decoding holds up everything else, so the bound is low."""
CODING = frozenset({b"content-encoding"})
DIGESTS = frozenset({b"content-digest", b"repr-digest", b"digest", b"content-md5"})
"""Checksums of the body that came (RFC 9530)."""


class Content:
    """The body of one request, read for what routing needs."""

    _decoded: bytes | None = None
    _form: FormScanner | None = None

    def __init__(self, request: Request) -> None:
        self._request = request
        self._type = request.fields.get(b"content-type", b"")
        self._codings = codings_of(request.fields.get(b"content-encoding", b""))

    def __repr__(self) -> str:
        return f"<Content {self._type.decode('latin-1')} of {self._request!r}>"

    @property
    def _body(self) -> Body:
        return self._request.body

    def _view(self) -> Buffer:
        return self._body.view() if self._decoded is None else self._decoded

    def is_streamed(self) -> bool:
        """Whether the answer is asked for piece by piece."""
        return wire_body.is_streamed(self._type, self._view(), self._request.query)

    # ---------------------------------------------------------------- reading

    def watch(self) -> None:
        """Look for the model of a form while it arrives: a large one is not gone through a second time."""
        if is_form_data(self._type) and not self._codings and (boundary := boundary_of(self._type)) is not None:
            self._form = FormScanner(boundary)
            self._body.watch(self._form.feed)

    def find_model(self) -> str | HttpError:
        """The model that the whole body, or else the query, names; empty where neither does."""
        if (error := self._decode()) is not None:
            return error
        if not is_form_data(self._type):
            return wire_body.find_model(self._type, self._view(), self._request.query)
        # ours: the form's field wins over the query, since engines read that one
        named = self._scanned().values
        return named[0] if named and named[0] else wire_body.find_in_query(self._request.query)

    def _decode(self) -> HttpError | None:
        """Decode a body that may name a model; others are nobody's business here."""
        is_read = wire_body.is_json(self._type) or wire_body.FORM_TYPE in self._type or is_form_data(self._type)
        if not self._codings or not is_read:
            return None
        if self._body.size > MAX_DECODED:
            return errors.BODY_TOO_LARGE
        try:
            self._decoded = decode(self._body.view(), self._codings, MAX_DECODED)
        except TooLargeError:
            return errors.BODY_TOO_LARGE
        except UnknownCodingError as error:
            return HttpError(415, str(error))
        except ValueError:
            return errors.UNREADABLE_BODY
        return None

    def _scanned(self) -> FormScanner:
        """The form, gone through."""
        if self._form is None:
            self._form = FormScanner(boundary_of(self._type) or b"")
            for piece in self._body.pieces() if self._decoded is None else [self._decoded]:
                self._form.feed(piece)
        return self._form

    # ---------------------------------------------------------------- writing

    def rewrite(self, route: Route) -> bool | HttpError:
        """Write what the route asks for into the body; whether the body is where the request names its model."""
        if self._request.method != b"POST":
            return False
        if wire_body.is_json(self._type):
            return self._rewrite_json(route) or True
        if is_form_data(self._type):
            return self._rewrite_form(route.use_model_name or route.replaced)
        if wire_body.FORM_TYPE not in self._type or not wire_body.find_in_query(bytes(self._view())):
            return False
        if route.replaced:  # compatible: `useModelName` leaves URL-encoded forms alone (spec http 6.2)
            self._replace(wire_body.replace_in_query(bytes(self._view()), route.replaced))
        return True

    def _rewrite_json(self, route: Route) -> HttpError | None:
        if self._body.size > MAX_REWRITTEN:
            return errors.BODY_TOO_LARGE
        try:
            self._replace(rewrite(self._view(), route.use_model_name or route.replaced, route.filter_))
        except FilterError as error:
            return HttpError(500, str(error))
        except ValueError:
            return errors.UNREADABLE_BODY
        return None

    def _rewrite_form(self, name: str) -> bool | HttpError:
        """Every field of that name; a form on disk stays there."""
        form = self._scanned()
        if not name:
            return bool(form.spans)
        if not form.is_complete:
            return HttpError(400, "could not parse multipart form: it is malformed, or cut off")
        if form.spans:
            if self._decoded is not None:
                self._replace(self._decoded)
            self._body.splice(form.spans, name.encode())
            self._forget(DIGESTS)
        return bool(form.spans)

    def _replace(self, data: bytes) -> None:
        self._body.replace(data)
        self._decoded = None
        self._forget(CODING | DIGESTS if self._codings else DIGESTS)
        self._codings = []

    def _forget(self, lower_names: frozenset[bytes]) -> None:
        """Forward the request without headers that no longer say the truth."""
        if not lower_names.isdisjoint(self._request.fields):
            self._request.without_headers(lower_names)
