"""Eight engines with misfortunes, and a configuration of them that an operator edits."""

from __future__ import annotations

import random
import shlex
import sys

from tests.support.daemon import demo_engine

FLOOD = """
import sys, time
piece, pause = b"x" * 127 + b"\\n", float(sys.argv[1])
while True:
    sys.stdout.buffer.write(piece * 8192)
    sys.stdout.buffer.flush()
    time.sleep(pause)
"""
"""Prints a megabyte, then pauses, for ever."""

STEADY = "calm"
"""The model that has no misfortune of its own, and that nobody edits."""

MODELS = (STEADY, "crashing", "failing", "forked", "hung", "loud", "slow", "stubborn")


def flooded(megabytes_per_second: float) -> str:
    """The `cmd` of an engine beside somebody who prints that much into the same log."""
    flood = shlex.join([sys.executable, "-c", FLOOD, str(1 / megabytes_per_second)])
    return f"sh -c {shlex.quote(f'{flood} & exec {demo_engine()}')}"


def configuration(megabytes_per_second: float, dice: random.Random | None = None) -> str:
    """The whole file, without its first line, the start port. With dice, as an operator may have edited it."""
    commands = {
        STEADY: demo_engine(),
        "crashing": demo_engine("--crash", "mid-stream", "--crash-after", 6),
        "failing": demo_engine("--crash", "start"),
        "forked": demo_engine("--setsid"),
        "hung": demo_engine("--slow-body", 600),
        "loud": flooded(megabytes_per_second),
        "slow": demo_engine("--load", 1),
        "stubborn": demo_engine("--ignore-term"),
    }
    more = {"hung": "busyTimeout: 2", "slow": "ttl: 1", "stubborn": "unloadTimeout: 1"}
    lines = [
        "logLevel: debug",
        "healthCheckTimeout: 15",
        "unloadTimeout: 3",
        "captureBuffer: 0",
        "metricsMaxInMemory: 100",
        "models:",
    ]
    for model, command in commands.items():
        extra = [more[model]] if model in more else []
        if dice is not None and model != STEADY:
            if dice.random() < 0.1:
                continue
            if dice.random() < 0.2:
                command += f" --tokens {dice.randint(4, 40)}"
            if dice.random() < 0.2 and model != "slow":
                extra.append(f"ttl: {dice.randint(0, 3)}")
        entry = "".join(f", {text}" for text in extra)
        lines.append(f"  {model}: {{cmd: {quoted(command)}{entry}}}")
    lines += [
        "routing: {scheduler: {settings: {fifo: {maxWait: 5}}}}",
        f"groups: {{apart: {{persistent: true, exclusive: false, members: [{STEADY}]}}}}",
    ]
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """A text as YAML's single quotes hold it."""
    return "'" + text.replace("'", "''") + "'"
