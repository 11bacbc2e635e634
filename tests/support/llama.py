"""llama.cpp's real HTTP server, as a command line: `python tests/support/llama.py --model f.gguf --port N`.

The `xllamacpp` wheel carries the server as a library that runs in threads of its own; this program only starts it
with settings for tiny models and waits for a signal.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys

import xllamacpp


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    options = _options()
    # Blocked before the server starts its threads, so that none of them takes the signal.
    stopping = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stopping)
    server = xllamacpp.Server(_parameters(options))
    sys.stdout.write(f"listening on {server.listening_address}\n")
    sys.stdout.flush()
    signal.sigwait(stopping)
    # Ends without the server's own clean-up, which waits for open streams.
    os._exit(0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="llama.cpp's HTTP server on a tiny model")
    parser.add_argument("--model", required=True, help="a GGUF file")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--alias", default="tiny", help="what answers call the model")
    parser.add_argument("--embedding", action="store_true", help="serve embeddings, by the mean of the tokens")
    return parser.parse_args()


def _parameters(options: argparse.Namespace) -> xllamacpp.CommonParams:
    parameters = xllamacpp.CommonParams()
    parameters.model.path = options.model
    parameters.model_alias = {options.alias}
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = options.port
    parameters.n_ctx = 1024
    parameters.n_parallel = 2
    parameters.n_predict = 64
    parameters.cpuparams.n_threads = 1
    parameters.endpoint_props = True
    parameters.endpoint_slots = True
    parameters.ui = False
    if options.embedding:
        parameters.embedding = True
        parameters.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    return parameters


if __name__ == "__main__":
    main()
