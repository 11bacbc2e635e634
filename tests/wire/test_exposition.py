"""The text that Prometheus reads, judged by its own parser."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families as parse

from modelyard.wire.exposition import Family, write


def test_figures_below_what_they_mean() -> None:
    loads = Family("load_average", "gauge", "Load")
    loads.add(0.46, {"interval": "1m"})
    loads.add(2, {"interval": "5m", "of": "all"})
    memory = Family("memory_bytes", "gauge", "Memory, in bytes \\ and\nlines")
    memory.add(16777216000)
    assert write([loads, Family("nothing", "gauge", "No figure"), memory]).decode() == (
        "# HELP load_average Load\n"
        "# TYPE load_average gauge\n"
        'load_average{interval="1m"} 0.46\n'
        'load_average{interval="5m",of="all"} 2\n'
        "# HELP memory_bytes Memory, in bytes \\\\ and\\nlines\n"
        "# TYPE memory_bytes gauge\n"
        "memory_bytes 16777216000\n"
    )
    assert write([]) == b""


def test_a_histogram_counts_upwards() -> None:
    times = Family("wait_seconds", "histogram", "Waiting")
    times.add_histogram((0.1, 1.0), (3, 2, 1), 7.5, {"model": "m"})
    (family,) = parse(times.text())
    assert family.type == "histogram"
    assert [(sample.name, sample.labels.get("le"), sample.value) for sample in family.samples] == [
        ("wait_seconds_bucket", "0.1", 3),
        ("wait_seconds_bucket", "1.0", 5),
        ("wait_seconds_bucket", "+Inf", 6),
        ("wait_seconds_sum", None, 7.5),
        ("wait_seconds_count", None, 6),
    ]


# Carriage returns and the like inside values are ends of lines to some readers; models' names have none.
_LINE = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]) | st.sampled_from('"\\\n{},='))


# Names that begin with two underscores are Prometheus's own: its parser refuses them.
_NAME = st.from_regex(r"(?!__)[a-z_]{1,8}", fullmatch=True)


@given(st.dictionaries(_NAME, _LINE, max_size=3), st.floats())
def test_any_label_and_any_figure_is_read_as_it_was_meant(labels: dict[str, str], value: float) -> None:
    family = Family("figure", "gauge", "Any")
    family.add(value, labels)
    (read,) = parse(family.text())
    (sample,) = read.samples
    assert sample.labels == labels
    assert sample.value == value or (math.isnan(value) and math.isnan(sample.value))
