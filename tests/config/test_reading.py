"""Whatever a path leads to, reading it ends."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from modelyard.config import reading
from modelyard.config.errors import ConfigError
from modelyard.config.reading import MAX_BYTES, read_bounded
from modelyard.config.sources import load_config


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    content = os.urandom(3 * 2**20 + 1)
    (tmp_path / "file").write_bytes(content)
    assert read_bounded(f"{tmp_path}/file") == content


def test_a_device_without_an_end_is_refused_and_so_is_a_file_that_is_too_large(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="larger than 64 MB"):
        read_bounded("/dev/zero")
    with open(tmp_path / "large", "wb") as large:
        large.truncate(MAX_BYTES + 1)
    with pytest.raises(ConfigError, match="large: can't be read: larger than 64 MB"):
        load_config(f"{tmp_path}/large", environment={})


def test_a_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    path = f"{tmp_path}/pipe"
    os.mkfifo(path)

    def write() -> None:
        with open(path, "w") as pipe:
            for line in ("startPort: 6000\n", "globalTTL: 9\n"):
                pipe.write(line)
                pipe.flush()

    writer = threading.Thread(target=write)
    writer.start()
    config = load_config(path, environment={})
    writer.join(10)
    assert (config.start_port, config.global_ttl) == (6000, 9)


def test_a_pipe_that_nobody_writes_to_is_an_error_and_no_empty_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_SILENCE_MS", 20)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigError, match="pipe: can't be read: nothing came from it"):
        load_config(f"{tmp_path}/pipe", environment={})


def test_a_pipe_that_was_read_already_is_an_error_and_no_empty_file() -> None:
    """`-config <(generate)`, and then a SIGHUP: all models would be removed."""
    reader, writer = os.pipe()
    try:
        os.write(writer, b"startPort: 6000")
        os.close(writer)
        assert load_config(f"/dev/fd/{reader}", environment={}).start_port == 6000
        with pytest.raises(ConfigError, match="an empty pipe"):
            load_config(f"/dev/fd/{reader}", environment={})
    finally:
        os.close(reader)


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a")
    before = os.listdir("/proc/self/fd")
    for _ in range(3):
        read_bounded(f"{tmp_path}/file")
        with pytest.raises(OSError, match="larger"):
            read_bounded("/dev/zero")
        with pytest.raises(OSError, match="directory"):
            read_bounded(str(tmp_path))
    assert os.listdir("/proc/self/fd") == before


def test_a_name_that_is_no_utf_8_can_be_printed_and_told(tmp_path: Path) -> None:
    for content in ("startPort: 0", "\0"):
        path = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.yaml")
        Path(path).write_text(content)
        with pytest.raises(ConfigError) as refusal:
            load_config(None, str(tmp_path), environment={})
        assert f"{tmp_path}/\ufffd.yaml" in refusal.value.render(color=False)
        refusal.value.render(color=False).encode()
