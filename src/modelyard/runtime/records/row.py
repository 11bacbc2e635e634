"""One request that has ended, as it is kept."""

from __future__ import annotations

from typing import Protocol

import msgspec


class Row(msgspec.Struct, frozen=True, gc=False):
    """Names and order are those of the columns. Without a note: as in spec http 17.

    Times of ours are milliseconds; -1 is what does not apply or is not known.
    """

    id: int
    ts_created: int
    """When it ended (seconds since the epoch)."""
    model_id: str
    req_path: str = ""
    resp_content_type: str = ""
    resp_status_code: int = 0
    cache_tokens: int = 0
    draft_tokens: int = 0
    draft_acc_tokens: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    prompt_per_second: float = 0.0
    tokens_per_second: float = 0.0
    duration_ms: int = 0
    error_msg: str = ""
    metadata_json: str = ""
    requested_model: str = ""
    """The name that the client used."""
    outcome: str = ""
    """`ok`, `client_gone`, `upstream_error`, `cancelled` or `rejected`; empty in rows that others wrote."""
    started_at: float = 0.0
    """When it arrived (seconds since the epoch)."""
    queue_ms: float = -1.0
    """How long it waited for its turn, without `load_ms`."""
    load_ms: float = -1.0
    """How long it waited while its model was loading."""
    first_byte_ms: float = -1.0
    """From its arrival to the first byte of the answer's body."""
    first_token_ms: float = -1.0
    """From its arrival to the first event that brought something generated."""
    serve_ms: float = -1.0
    """From the moment at which it was forwarded to its end."""
    req_bytes: int = 0
    resp_bytes: int = 0
    reasoning_tokens: int = 0
    cache_written_tokens: int = 0
    caller: str = ""
    """The name of the key that was shown."""
    session: str = ""
    client: str = ""
    """The address that the request came from."""


COLUMNS = tuple(field.name for field in msgspec.structs.fields(Row))
values_of = msgspec.structs.astuple
"""A row as the values of `COLUMNS`."""


class Pending(Protocol):
    """Something that a row can be made of, once, by any thread."""

    def row(self) -> Row:
        """The row."""
        ...
