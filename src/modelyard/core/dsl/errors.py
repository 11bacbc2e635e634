"""What is wrong with a matrix: all of it, each mistake with its place.

MatrixError     one mistake
MatrixErrors    carries all mistakes of a matrix to the caller
"""

from __future__ import annotations

from collections.abc import Iterable


class MatrixError(ValueError):
    """One mistake. `where` is the path below the matrix, such as `("sets", "pair")`, empty for the matrix as a whole.

    `position` is where in the expression it is, in characters from 0, white space around the expression not counted;
    None where the mistake is not at one place of an expression. `remedy` may be empty.
    """

    def __init__(self, where: tuple[str, ...], message: str, remedy: str = "", position: int | None = None) -> None:
        super().__init__(f"{'.'.join(where) or 'matrix'}: {message}")
        self.where = where
        self.message = message
        self.remedy = remedy
        self.position = position


class MatrixErrors(Exception):  # noqa: N818 - the plural says that it carries several
    """A matrix that can't be used, with every mistake that was found, in the order of the file's blocks."""

    def __init__(self, errors: Iterable[MatrixError]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(map(str, self.errors)))
