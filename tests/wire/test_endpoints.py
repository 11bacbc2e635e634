"""The table of inference paths."""

from __future__ import annotations

from modelyard.wire.endpoints import GET_ENDPOINTS, POST_ENDPOINTS, Dialect, allowed_methods


def test_versionless_paths_reach_the_engine_without_their_prefix() -> None:
    assert POST_ENDPOINTS[b"/v/chat/completions"].forwarded_path == b"/chat/completions"
    assert POST_ENDPOINTS[b"/v1/chat/completions"].forwarded_path == b"/v1/chat/completions"


def test_messages_speak_anthropic() -> None:
    spoken = {path for path, endpoint in POST_ENDPOINTS.items() if endpoint.dialect is Dialect.ANTHROPIC}
    assert spoken == {b"/v1/messages", b"/v1/messages/count_tokens", b"/v/messages", b"/v/messages/count_tokens"}


def test_allow_names_the_methods_of_a_path() -> None:
    assert allowed_methods(b"/v1/chat/completions") == "POST"
    assert allowed_methods(b"/props") == "GET, HEAD"
    assert allowed_methods(b"/nothing") == ""
    assert set(GET_ENDPOINTS) & set(POST_ENDPOINTS) == set()
