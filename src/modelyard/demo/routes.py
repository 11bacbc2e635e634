"""Which function answers which request."""

from __future__ import annotations

from modelyard.demo.application import Handler
from modelyard.demo.protocols import anthropic, audio, debug, images, llama, openai, responses, vectors

ROUTES: dict[tuple[str, str], Handler] = {
    ("GET", "/"): debug.page,
    ("GET", "/health"): llama.health,
    ("GET", "/v1/health"): llama.health,
    ("GET", "/models"): openai.models,
    ("GET", "/v1/models"): openai.models,
    ("POST", "/v1/chat/completions"): openai.chat,
    ("POST", "/v1/completions"): openai.completions,
    ("POST", "/v1/responses"): responses.responses,
    ("POST", "/v1/embeddings"): vectors.embeddings,
    ("POST", "/v1/rerank"): vectors.rerank,
    ("POST", "/rerank"): vectors.rerank,
    ("POST", "/v1/reranking"): vectors.rerank,
    ("POST", "/reranking"): vectors.rerank,
    ("POST", "/v1/images/generations"): images.generations,
    ("POST", "/sdapi/v1/txt2img"): images.txt2img,
    ("GET", "/sdapi/v1/loras"): images.loras,
    ("POST", "/v1/audio/speech"): audio.speech,
    ("GET", "/v1/audio/voices"): audio.voices,
    ("POST", "/v1/audio/transcriptions"): audio.transcriptions,
    ("POST", "/v1/messages"): anthropic.messages,
    ("POST", "/v1/messages/count_tokens"): anthropic.count_tokens,
    ("POST", "/completion"): llama.completion,
    ("POST", "/infill"): llama.infill,
    ("GET", "/props"): llama.props,
    ("GET", "/slots"): llama.slots,
    ("POST", "/tokenize"): llama.tokenize,
    ("POST", "/detokenize"): llama.detokenize,
    ("GET", "/debug/requests"): debug.requests,
    ("GET", "/debug/headers"): debug.headers,
    ("POST", "/debug/headers"): debug.headers,
}
