"""Keys: which one counts, whom it belongs to, what it opens."""

from __future__ import annotations

import base64
import hashlib

import pytest

from modelyard.app.auth import UNAUTHORIZED, Admitted, Caller, Keyring, Presented, Scope, presented_key
from modelyard.config.document import ApiKeyEntry
from modelyard.wire.errors import HttpError


def basic(text: str) -> bytes:
    return b"Basic " + base64.b64encode(text.encode())


@pytest.mark.parametrize(
    ("authorization", "api_key", "found"),
    [
        (b"", b"", None),
        (b"Bearer one", b"", b"one"),
        (b"bEARER one", b"", b"one"),
        (b"Bearer  one", b"", b" one"),  # exactly one space
        (b"Bearer one", b"two", b"one"),
        (b"", b"two", b"two"),
        (basic("any:one"), b"two", b"one"),
        (basic("any:one:more"), b"", b"one:more"),
        (basic("any:"), b"two", b"two"),  # an empty password is none
        (basic("no colon"), b"two", b"two"),
        (b"Basic %%%", b"two", b"two"),
        (b"Digest x", b"two", b"two"),
        (b"Bearer", b"two", b"two"),
        (b"key-zzz", b"two", b"two"),
        (basic(":one"), b"", b"one"),
        (b"basic " + basic("u:one")[6:], b"", b"one"),
    ],
)
def test_which_key_counts(authorization: bytes, api_key: bytes, found: bytes | None) -> None:
    fields = {b"authorization": authorization, b"x-api-key": api_key}
    shown = presented_key({name: value for name, value in fields.items() if value})
    assert (shown and shown.key) == found


def test_the_header_of_the_key_is_known() -> None:
    assert presented_key({b"x-api-key": b"k", b"authorization": b"Digest x"}) == Presented(b"k", b"x-api-key")
    assert presented_key({b"x-api-key": b"k", b"authorization": b"Bearer b"}) == Presented(b"b", b"authorization")


KEYS = Keyring(
    [
        "plain",
        ApiKeyEntry(key="apps", name="apps", models=("qwen*", "org/?"), max_concurrent=2, priority=3),
        ApiKeyEntry(key_hash="sha256:" + hashlib.sha256(b"hidden").hexdigest().upper(), routes=("logs",)),
    ]
)


def admit(key: bytes, scope: Scope = Scope.INFERENCE) -> Admitted | HttpError:
    return KEYS.admit({b"x-api-key": key}, scope)


def caller(key: bytes, scope: Scope = Scope.INFERENCE) -> Caller:
    admitted = admit(key, scope)
    assert isinstance(admitted, Admitted)
    return admitted.caller


@pytest.mark.parametrize("key", [b"", b"PLAIN", b"plain ", b"plai", b"plainly", b"sha256:"])
def test_what_is_no_key(key: bytes) -> None:
    assert admit(key) is UNAUTHORIZED


def test_a_text_may_do_everything() -> None:
    assert all(caller(b"plain").opens(scope) for scope in Scope)
    assert caller(b"plain").may_use("anything")
    assert caller(b"plain").name == "key 1"


def test_a_key_for_inference_is_for_nothing_else() -> None:
    assert caller(b"apps").opens(Scope.ANY)
    for scope in (Scope.ADMIN, Scope.LOGS):
        refused = admit(b"apps", scope)
        assert isinstance(refused, HttpError)
        assert (refused.status, refused.type_and_code) == (403, ("authentication_error", "forbidden"))


def test_a_digest_in_the_file_is_as_good_as_the_key() -> None:
    assert caller(b"hidden", Scope.LOGS).name == "key 3"
    assert isinstance(admit(b"hidden"), HttpError)


def test_models_are_patterns_and_any_of_a_models_names_will_do() -> None:
    apps = caller(b"apps")
    assert apps.may_use("qwen")
    assert apps.may_use("qwen/8b")
    assert apps.may_use("org/x")
    assert apps.may_use("gpt", "qwen3")
    assert not apps.may_use("org/xy")
    assert not apps.may_use("a-qwen", "Qwen")


def test_a_key_has_so_many_places_and_no_more() -> None:
    apps = caller(b"apps")
    first, second = apps.begin(), apps.begin()
    assert first is not None
    assert second is not None
    assert apps.begin() is None
    first.release()
    first.release()
    assert apps.begin() is not None
    assert apps.begin() is None
    assert all(caller(b"plain").begin() for _ in range(100))


def test_a_reload_keeps_the_places_that_are_taken() -> None:
    entry = ApiKeyEntry(key="k", max_concurrent=1)
    old, new = Keyring([entry]), Keyring(["other", entry])
    had = old.find(b"k")
    assert had is not None
    taken = had.begin()
    assert taken is not None
    new.inherit(old)
    has = new.find(b"k")
    assert has is not None
    assert has.begin() is None
    taken.release()
    assert has.begin() is not None


def test_without_keys_the_server_is_open() -> None:
    assert Keyring().is_open
    assert not KEYS.is_open


def test_no_key_is_ever_shown() -> None:
    shown = repr(KEYS) + repr(caller(b"plain")) + repr(caller(b"apps"))
    assert "plain" not in shown
    assert "hidden" not in shown
