"""Writes a model that llama.cpp loads: two layers of random weights and one token per byte, half a megabyte.

Its answers are noise in printable ASCII, but they come from the real engine through the real protocol. Equal
seeds give equal weights. As a program it writes one file: `python tests/support/tiny_gguf.py model.gguf [SEED]`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGUFWriter, TokenType

Matrix = np.ndarray[Any, np.dtype[np.float32]]

LAYERS, WIDTH, HEADS, FEED_FORWARD = 2, 64, 4, 128
CONTEXT = 2048
UNKNOWN, BEGIN, END, FIRST_BYTE = 0, 1, 2, 3
VOCABULARY = FIRST_BYTE + 256
PRINTABLE = slice(FIRST_BYTE + 0x20, FIRST_BYTE + 0x7F)
SPREAD = 0.3
"""Standard deviation of the random weights: enough that the answer depends on the prompt."""
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)


def write_tiny_gguf(path: Path, *, seed: int = 1) -> Path:
    """Write the model of `seed` to `path` and return that."""
    writer = GGUFWriter(path, "llama")
    _describe(writer, path.stem)
    _add_vocabulary(writer)
    _add_weights(writer, np.random.default_rng(seed))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _describe(writer: GGUFWriter, name: str) -> None:
    writer.add_name(name)
    writer.add_block_count(LAYERS)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(VOCABULARY)


def _add_vocabulary(writer: GGUFWriter) -> None:
    writer.add_tokenizer_model("llama")
    writer.add_token_list(["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))])
    writer.add_token_scores([0.0] * VOCABULARY)
    special = [TokenType.UNKNOWN, TokenType.CONTROL, TokenType.CONTROL]
    writer.add_token_types([*special, *([TokenType.BYTE] * 256)])
    writer.add_unk_token_id(UNKNOWN)
    writer.add_bos_token_id(BEGIN)
    writer.add_eos_token_id(END)
    writer.add_add_bos_token(True)
    writer.add_chat_template(CHAT_TEMPLATE)


def _add_weights(writer: GGUFWriter, random: np.random.Generator) -> None:
    def matrix(rows: int, columns: int) -> Matrix:
        return random.normal(0.0, SPREAD, (rows, columns)).astype(np.float32)

    ones = np.ones(WIDTH, dtype=np.float32)
    embeddings, output = matrix(VOCABULARY, WIDTH), matrix(VOCABULARY, WIDTH)
    # The first dimension says the same whatever the token, and turns the output towards what can be printed:
    # bytes that are no UTF-8 would make answers that no JSON can hold.
    embeddings[:, 0] = 4.0
    output[:, 0] = -8.0
    output[PRINTABLE, 0] = 8.0
    writer.add_tensor("token_embd.weight", embeddings)
    writer.add_tensor("output_norm.weight", ones)
    writer.add_tensor("output.weight", output)
    for layer in range(LAYERS):
        prefix = f"blk.{layer}"
        for norm in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"{prefix}.{norm}.weight", ones)
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            writer.add_tensor(f"{prefix}.{part}.weight", _leave_first(matrix(WIDTH, WIDTH)))
        writer.add_tensor(f"{prefix}.ffn_gate.weight", matrix(FEED_FORWARD, WIDTH))
        writer.add_tensor(f"{prefix}.ffn_up.weight", matrix(FEED_FORWARD, WIDTH))
        writer.add_tensor(f"{prefix}.ffn_down.weight", _leave_first(matrix(WIDTH, FEED_FORWARD)))


def _leave_first(weights: Matrix) -> Matrix:
    """The same, writing nothing to the first dimension."""
    weights[0, :] = 0.0
    return weights


if __name__ == "__main__":
    write_tiny_gguf(Path(sys.argv[1]), seed=int(sys.argv[2]) if len(sys.argv) > 2 else 1)
