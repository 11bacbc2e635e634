"""How far a model has loaded, by what engines print."""

from __future__ import annotations

import pytest

from modelyard.runtime.loadgauge import LoadGauge

VLLM = b"(EngineCore pid=7) \rLoading safetensors checkpoint shards:  %d%% Completed | 5/11 [00:01<00:02,  2.9it/s]\n"
TRANSFORMERS = "\rLoading checkpoint shards:  33%|███▎      | 1/3 [00:01<00:03,  1.5s/it]".encode()
RICH = "Loading model modules ━━━━━━╸━━━━━━ 45% 12/33 0:00:01\n".encode()


@pytest.mark.parametrize(
    ("pieces", "share"),
    [
        ([], None),
        ([VLLM % 0], 0.0),
        ([VLLM % 45], 0.45),
        ([VLLM % 45, b"INFO 10-01 weights took 2.1 s\n"], 0.45),
        ([VLLM % 100, b"nothing more\n"], 1.0),
        ([VLLM[:40], (VLLM % 9)[40:]], 0.09),
        ([TRANSFORMERS], 0.33),
        ([RICH], 0.45),
        ([b"Fetching 12 files:  50%|#####     | 6/12\r"], 0.5),
        ([b"load_tensors:   CPU_Mapped model buffer size =  4437.82 MiB\n", b"." * 42], 0.42),
        ([b"." * 42, b"." * 8], 0.5),
        ([b"." * 99, b".\n"], 1.0),
        ([b"." * 87 + b"\nllama_context: n_ctx = 4096\n"], 1.0),
        ([b"." * 400], 0.99),
        ([b"  |==========>          | 210/1131 - 500.00it/s\r"], 0.18),
        ([b"  |=====| 0/0 - x\r"], None),
        ([b"Downloading shards: 100%|##| 3/3\n", TRANSFORMERS], 0.33),
        ([b"loading... please wait\n", b"..\n", b"gpu_memory_utilization: 90%\n"], None),
        ([b"Loading model with 50% of the memory\n"], None),
        ([b"Loading: 250%|\n"], 1.0),
    ],
)
def test_how_far_it_is(pieces: list[bytes], share: float | None) -> None:
    gauge = LoadGauge()
    for piece in pieces:
        gauge.take(piece)
    assert gauge.share == share


def test_it_says_when_there_is_news() -> None:
    gauge = LoadGauge()
    said = [gauge.take(data) for data in (b"hello\n", b"...", b".", b"", b"\n", b"\n")]
    assert said == [False, True, True, False, True, False]


def test_an_endless_line_costs_no_memory() -> None:
    gauge = LoadGauge()
    for _ in range(1000):
        gauge.take(b"x" * 1000)
    assert len(gauge._unfinished) <= 1024
