"""Reads forms with files (`multipart/form-data`)."""

from __future__ import annotations

import re
from typing import NamedTuple

from modelyard.demo.exchange import RefusedError, Request

_BOUNDARY = re.compile(r'multipart/form-data\b.*?;\s*boundary=(?:"([^"]+)"|([^\s;]+))', re.IGNORECASE)
_NAME = re.compile(r'(?<!file)\bname="([^"]*)"')
_FILE = re.compile(r'\bfilename="([^"]*)"')


class File(NamedTuple):
    """What was uploaded."""

    name: str
    content: bytes


class Form(NamedTuple):
    """A form: of two fields with one name the first counts."""

    fields: dict[str, str]
    files: dict[str, File]


def read_form(request: Request) -> Form:
    """The form that the body is. Raises `RefusedError` when it is none."""
    match = _BOUNDARY.search(request.header("content-type"))
    if match is None:
        raise RefusedError(400, "the body is no form: multipart/form-data with a boundary is wanted")
    form = Form({}, {})
    delimiter = b"\r\n--" + (match[1] or match[2]).encode()
    for part in (b"\r\n" + request.body).split(delimiter)[1:]:
        if part.startswith(b"--"):
            return form
        head, separator, content = part.partition(b"\r\n\r\n")
        if not separator:
            break
        _take(form, head.decode(errors="replace"), content)
    raise RefusedError(400, "the form ends before its end")


def _take(form: Form, head: str, content: bytes) -> None:
    name, file = _NAME.search(head), _FILE.search(head)
    if name is None:
        raise RefusedError(400, "a part of the form has no name")
    if file is None:
        form.fields.setdefault(name[1], content.decode(errors="replace"))
    else:
        form.files.setdefault(name[1], File(file[1], content))
