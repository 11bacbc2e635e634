"""A transport without a socket, for what is to be read in exactly these pieces."""

from __future__ import annotations


class Socketless:
    """Takes what is written, and remembers that it was closed."""

    def __init__(self, *, half_closes: bool = False) -> None:
        """`half_closes`: whether its writing side can be closed alone."""
        self.written = b""
        self.closed = False
        self._half_closes = half_closes

    def write(self, data: bytes) -> None:
        """As `asyncio.Transport`, and so is all that follows."""
        self.written += data

    def is_closing(self) -> bool:
        """Whether it was closed."""
        return self.closed

    def close(self) -> None:
        """From now on it is closed."""
        self.closed = True

    abort = close

    def can_write_eof(self) -> bool:
        """As it was made."""
        return self._half_closes

    def write_eof(self) -> None:
        """Nobody is told."""

    def set_write_buffer_limits(self, high: int) -> None:
        """Nothing is ever buffered."""

    def get_extra_info(self, name: str) -> tuple[str, int]:
        """Whatever is asked, it is an address."""
        return ("127.0.0.1", 1)

    def pause_reading(self) -> None:
        """Nothing is ever read."""

    resume_reading = pause_reading
