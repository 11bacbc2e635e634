"""The keys that are known: what is not in these lists, and is not read, is a mistake of spelling."""

from __future__ import annotations

LATER = frozenset(
    [
        "logTimeFormat",
        "logToStdout",
        "metricsMaxInMemory",
        "captureBuffer",
        "store",
        "ui",
        "performance",
        "sendLoadingState",
        "includeAliasesInList",
        "profiles",
        "selectors",
        "peers",
        "hooks",
        "logRequests",
        "stateDir",
        "logFormat",
        "maxBody",
    ]
)
"""Top-level keys that exist and are not supported yet."""
EXPANDED = frozenset(
    [
        "healthCheckTimeout",
        "startPort",
        "globalTTL",
        "unloadTimeout",
        "logLevel",
        "groups",
        "matrix",
        "routing",
        "upstream",
        "apiKeys",
    ]
)
"""Top-level keys that are read, and take global macros. `macros` and `models` have rules of their own."""
MODEL_LATER = frozenset(
    [
        "filters",
        "metadata",
        "sendLoadingState",
        "timeouts",
        "compat",
        "capabilities",
        "healthCheckTimeout",
        "evictable",
        "startTimeout",
        "portCheck",
        "keepDescendants",
        "sleep",
        "files",
        "warmup",
        "maxServe",
        "hooks",
    ]
)
"""Keys of a model that exist and are not supported yet."""
