"""Figures of engines in one text."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import example, given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from modelyard.wire.scraped import Scraped

LLAMA = """# HELP llamacpp:prompt_tokens_total Number of prompt tokens processed.
# TYPE llamacpp:prompt_tokens_total counter
llamacpp:prompt_tokens_total 42
# HELP llamacpp:kv_cache_usage_ratio KV-cache usage. 1 means 100 percent usage.
# TYPE llamacpp:kv_cache_usage_ratio gauge
llamacpp:kv_cache_usage_ratio 0.25
"""
VLLM = """# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="org/x"} 3.0
# HELP vllm:time_to_first_token_seconds Histogram of time to first token in seconds.
# TYPE vllm:time_to_first_token_seconds histogram
vllm:time_to_first_token_seconds_bucket{engine="0",le="0.001",model_name="org/x"} 1.0
vllm:time_to_first_token_seconds_bucket{engine="0",le="+Inf",model_name="org/x"} 4.0
vllm:time_to_first_token_seconds_count{engine="0",model_name="org/x"} 4.0
vllm:time_to_first_token_seconds_sum{engine="0",model_name="org/x"} 1.5e-02 1700000000000
"""
Figures = dict[tuple[str, frozenset[tuple[str, str]]], float]


def figures_of(text: str) -> Figures:
    """As Prometheus' own library reads them."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def together(texts: Iterable[tuple[str, str]]) -> str:
    scraped = Scraped()
    for model, text in texts:
        scraped.add(model, text)
    return scraped.text()


def test_each_figure_says_which_model_it_is_of() -> None:
    found = figures_of(together([("a", LLAMA), ("org/x", VLLM)]))
    assert found["llamacpp:kv_cache_usage_ratio", frozenset({("model", "a")})] == 0.25
    labels = {("model", "org/x"), ("model_name", "org/x"), ("engine", "0")}
    assert found["vllm:num_requests_running", frozenset(labels)] == 3
    assert found["vllm:time_to_first_token_seconds_bucket", frozenset({*labels, ("le", "+Inf")})] == 4
    assert found["vllm:time_to_first_token_seconds_sum", frozenset(labels)] == 0.015


def test_of_two_engines_of_one_kind_each_name_is_described_once() -> None:
    text = together([("a", LLAMA), ("b", LLAMA.replace("42", "7"))])
    assert text.count("# TYPE llamacpp:prompt_tokens_total counter") == 1
    assert text.count("# HELP llamacpp:prompt_tokens_total ") == 1
    assert text.index('total{model="a"} 42') < text.index('total{model="b"} 7') < text.index("# HELP llamacpp:kv")
    assert len(figures_of(text)) == 4


def test_an_engine_can_neither_speak_for_us_nor_for_another_model() -> None:
    text = together([("a", 'modelyard_build_info 7\n# TYPE llamaswap_x gauge\nllamaswap_x 1\nx{model="b"} 1\n')])
    assert figures_of(text) == {("x", frozenset({("model", "a"), ("exported_model", "b")})): 1}


def test_a_type_that_another_engine_contradicts_is_left_out() -> None:
    text = together([("a", "# TYPE x gauge\nx 1\n"), ("b", "# TYPE x counter\nx 2\n"), ("c", "x 3\n")])
    assert 'x{model="a"} 1' in text
    assert 'model="b"' not in text
    assert 'x{model="c"} 3' in text


def test_names_of_models_are_escaped() -> None:
    name = 'a"b\\c\nd'
    assert figures_of(together([(name, "x 1\n")])) == {("x", frozenset({("model", name)})): 1}


PIECES = [
    "x",
    "x_total",
    "{",
    "}",
    'a="1"',
    ",",
    " ",
    "1",
    "+Inf",
    "NaN",
    "# TYPE x counter\n",
    "# HELP x y\n",
    "\n",
    '"',
    "\\",
]


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)), max_size=30).map("".join))
@example('x{} 1\nx{a="}"} 2\n')
@settings(deadline=None)
def test_whatever_an_engine_says_the_text_can_be_read(said: str) -> None:
    text = together([("m", said), ("n", LLAMA)])
    found = figures_of(text)
    assert ("llamacpp:prompt_tokens_total", frozenset({("model", "n")})) in found
    assert all(dict(labels)["model"] in "mn" for _, labels in found)
