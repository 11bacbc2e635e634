"""The table of inference paths."""

from __future__ import annotations

from modelyard.wire.endpoints import GET_ENDPOINTS, POST_ENDPOINTS, Dialect, allowed_methods, leaves_traces


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
    assert allowed_methods(b"/v1/audio/voices") == "GET, HEAD, POST"


ROUTES = """
    /v1/chat/completions /v1/responses /v1/completions /v1/messages /v1/messages/count_tokens /v1/embeddings
    /reranking /rerank /v1/rerank /v1/reranking /infill /completion /v1/audio/speech /v1/audio/voices
    /v1/images/generations /sdapi/v1/txt2img /sdapi/v1/img2img /audioapi/v1/tasks/run /v/chat/completions
    /v/responses /v/completions /v/messages /v/messages/count_tokens /v/embeddings /v/rerank /v/reranking
    /v1/audio/transcriptions /v1/images/edits
"""
OURS = """
    /v1/audio/translations /v1/images/variations /v1/moderations /tokenize /detokenize /apply-template /v1/score
    /classify /pooling
"""


def test_every_route_is_there() -> None:
    assert set(POST_ENDPOINTS) == {path.encode() for path in (ROUTES + OURS).split()}
    assert set(GET_ENDPOINTS) == {b"/v1/audio/voices", b"/sdapi/v1/loras", b"/props", b"/slots", b"/v1/realtime"}


def test_prefixes_that_engines_do_not_know_are_dropped() -> None:
    longer = {path: e.forwarded_path for path, e in POST_ENDPOINTS.items() if e.forwarded_path != path}
    assert longer.pop(b"/audioapi/v1/tasks/run") == b"/v1/tasks/run"
    assert all(path == b"/v" + forwarded for path, forwarded in longer.items())


def test_what_is_large_and_no_text_is_not_captured() -> None:
    kept = {e.path: (e.kept.request_body, e.kept.response_body) for e in POST_ENDPOINTS.values()}
    assert kept["/v1/chat/completions"] == (True, True)
    assert kept["/v1/audio/speech"] == kept["/v1/images/generations"] == kept["/sdapi/v1/txt2img"] == (True, False)
    assert kept["/v1/audio/voices"] == kept["/v1/audio/transcriptions"] == (False, True)
    assert kept["/v1/images/edits"] == kept["/sdapi/v1/img2img"] == (False, False)


def test_loading_is_shown_in_chats_only() -> None:
    assert {path for path, e in POST_ENDPOINTS.items() if e.shows_loading} == {b"/v1/chat/completions"}


def test_below_upstream_routes_of_the_spec_leave_traces_and_nothing_else_does() -> None:
    for path in ROUTES.split():
        assert leaves_traces(b"POST", path.encode())
    for path in ("/props", "/sdapi/v1/loras", "/v1/audio/voices"):
        assert leaves_traces(b"GET", path.encode())
        assert leaves_traces(b"POST", path.encode())
        assert not leaves_traces(b"HEAD", path.encode())
    for path in (*OURS.split(), "/slots", "/ws", "/"):
        assert not leaves_traces(b"POST", path.encode())
        assert not leaves_traces(b"GET", path.encode())
    assert not leaves_traces(b"GET", b"/v1/chat/completions")
