"""`modelyard schema`: the JSON Schema of the configuration, for editors."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from modelyard.config.jsonschema import schema_text

DESCRIPTION = """Print the JSON Schema of the configuration.

With an editor that has the YAML language server:

  modelyard schema > modelyard.schema.json

and, as the first line of the configuration,

  # yaml-language-server: $schema=modelyard.schema.json
"""


def run(argv: Sequence[str]) -> int:
    """Print the schema; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="modelyard schema", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.parse_args(argv)
    print(schema_text(), end="")
    return 0
