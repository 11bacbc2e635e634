"""How the file of records looks, and how an older one becomes one (spec http 17.5).

`PRAGMA user_version` counts the steps that were taken. The first makes the table as llama-swap makes it, so a file of
its own only gets what follows. A file that a newer Modelyard wrote is not touched.
"""

from __future__ import annotations

import sqlite3

BUSY_SECONDS = 5.0
"""How long another process that writes to the file is waited for."""

_STEPS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE IF NOT EXISTS activity (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            ts_created INTEGER NOT NULL DEFAULT 0,
            model_id TEXT NOT NULL DEFAULT '',
            req_path TEXT NOT NULL DEFAULT '',
            resp_content_type TEXT NOT NULL DEFAULT '',
            resp_status_code INTEGER NOT NULL DEFAULT 0,
            cache_tokens INTEGER NOT NULL DEFAULT 0,
            draft_tokens INTEGER NOT NULL DEFAULT 0,
            draft_acc_tokens INTEGER NOT NULL DEFAULT 0,
            input_tokens INTEGER NOT NULL DEFAULT 0,
            output_tokens INTEGER NOT NULL DEFAULT 0,
            prompt_per_second REAL NOT NULL DEFAULT 0,
            tokens_per_second REAL NOT NULL DEFAULT 0,
            duration_ms INTEGER NOT NULL DEFAULT 0,
            error_msg TEXT NOT NULL DEFAULT '',
            metadata_json TEXT NOT NULL DEFAULT '')""",
        "CREATE INDEX IF NOT EXISTS idx_activity_created_id ON activity (ts_created DESC, id DESC)",
        "CREATE INDEX IF NOT EXISTS idx_activity_model_created_id ON activity (model_id, ts_created DESC, id DESC)",
    ),
    (
        "ALTER TABLE activity ADD COLUMN requested_model TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE activity ADD COLUMN outcome TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE activity ADD COLUMN started_at REAL NOT NULL DEFAULT 0",
        "ALTER TABLE activity ADD COLUMN queue_ms REAL NOT NULL DEFAULT -1",
        "ALTER TABLE activity ADD COLUMN load_ms REAL NOT NULL DEFAULT -1",
        "ALTER TABLE activity ADD COLUMN first_byte_ms REAL NOT NULL DEFAULT -1",
        "ALTER TABLE activity ADD COLUMN first_token_ms REAL NOT NULL DEFAULT -1",
        "ALTER TABLE activity ADD COLUMN serve_ms REAL NOT NULL DEFAULT -1",
        "ALTER TABLE activity ADD COLUMN req_bytes INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE activity ADD COLUMN resp_bytes INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE activity ADD COLUMN reasoning_tokens INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE activity ADD COLUMN cache_written_tokens INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE activity ADD COLUMN caller TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE activity ADD COLUMN session TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE activity ADD COLUMN client TEXT NOT NULL DEFAULT ''",
    ),
    (
        # The sums are kept by the database itself, so they hold whoever writes to the file.
        """CREATE TABLE activity_sums (
            model_id TEXT PRIMARY KEY,
            requests INTEGER NOT NULL,
            input INTEGER NOT NULL,
            output INTEGER NOT NULL,
            cached INTEGER NOT NULL) WITHOUT ROWID""",
        """INSERT INTO activity_sums
            SELECT model_id, COUNT(*), SUM(input_tokens), SUM(output_tokens), SUM(MAX(cache_tokens, 0))
            FROM activity GROUP BY model_id""",
        """CREATE TRIGGER activity_added AFTER INSERT ON activity BEGIN
            INSERT INTO activity_sums
                VALUES (new.model_id, 1, new.input_tokens, new.output_tokens, MAX(new.cache_tokens, 0))
                ON CONFLICT (model_id) DO UPDATE SET requests = requests + 1,
                    input = input + excluded.input, output = output + excluded.output,
                    cached = cached + excluded.cached;
            END""",
        """CREATE TRIGGER activity_gone AFTER DELETE ON activity BEGIN
            UPDATE activity_sums SET requests = requests - 1, input = input - old.input_tokens,
                output = output - old.output_tokens, cached = cached - MAX(old.cache_tokens, 0)
                WHERE model_id = old.model_id;
            DELETE FROM activity_sums WHERE model_id = old.model_id AND requests <= 0;
            END""",
        "CREATE INDEX idx_activity_prompt_speed ON activity (prompt_per_second) WHERE prompt_per_second > 0",
        "CREATE INDEX idx_activity_speed ON activity (tokens_per_second) WHERE tokens_per_second > 0",
    ),
    (
        # Only of what has few values: new rows then go to few places, so an index costs little. An index of what has
        # many would have a page written for every row; sorting by such a column reads the table instead.
        "CREATE INDEX idx_activity_path ON activity (req_path)",
        "CREATE INDEX idx_activity_status ON activity (resp_status_code)",
        "CREATE INDEX idx_activity_content_type ON activity (resp_content_type)",
        "CREATE INDEX idx_activity_outcome ON activity (outcome)",
    ),
    (
        # What was said in a request goes with its row, whoever deletes that; what all of it takes is kept as a sum.
        "CREATE TABLE captures (id INTEGER PRIMARY KEY, packed BLOB NOT NULL)",
        "CREATE TABLE captures_sum (bytes INTEGER NOT NULL)",
        "INSERT INTO captures_sum VALUES (0)",
        """CREATE TRIGGER capture_added AFTER INSERT ON captures BEGIN
            UPDATE captures_sum SET bytes = bytes + LENGTH(new.packed);
            END""",
        """CREATE TRIGGER capture_gone AFTER DELETE ON captures BEGIN
            UPDATE captures_sum SET bytes = bytes - LENGTH(old.packed);
            END""",
        """CREATE TRIGGER activity_gone_with_capture AFTER DELETE ON activity BEGIN
            DELETE FROM captures WHERE id = old.id;
            END""",
    ),
)
VERSION = len(_STEPS)


class TooNewError(Exception):
    """The file was written by a newer Modelyard."""


def connect(path: str) -> sqlite3.Connection:
    """Open the file for writing, at most `BUSY_SECONDS` after others; `:memory:` is a database in memory.

    The connection may be used by any thread, by one at a time. Raises sqlite3.Error and TooNewError.
    """
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        # In WAL a commit is safe against our own death without a sync; only the machine's may cost the last ones.
        connection.execute("PRAGMA synchronous = NORMAL")
        migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def connect_to_read(path: str) -> sqlite3.Connection:
    """Open the file for reading beside the writer."""
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA query_only = ON")
    return connection


def migrate(connection: sqlite3.Connection) -> None:
    """Take the steps that are missing, all or none of them."""
    if _version(connection) > VERSION:
        raise TooNewError(f"it has version {_version(connection)}, and this Modelyard knows versions up to {VERSION}")
    connection.execute("BEGIN IMMEDIATE")
    try:
        for step in _STEPS[_version(connection) :]:
            for statement in step:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> int:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    assert isinstance(version, int)
    return version
