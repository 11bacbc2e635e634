"""The configuration file as it is written: one class per section, one field per key.

These classes are the only list of keys there is. The decoder walks them, the JSON Schema and the reference in the
guide are made from them, and what they do not name is an unknown key. A field's `Meta` holds what a reader of the
guide needs to know (`description`), its bounds, and what only messages need (`extra`: `unit`, a plural noun).
"""

from modelyard.config.document.access import ALL_ROUTES, ApiKeyEntry, RouteClass
from modelyard.config.document.model import (
    Capabilities,
    Compat,
    Filters,
    MacroValue,
    ModelEntry,
    ModelFilters,
    Timeouts,
    WarmUpEntry,
)
from modelyard.config.document.names import PeerEntry, PeerTimeouts, ProfileEntry, SelectorEntry, SelectorSettings
from modelyard.config.document.root import (
    Activity,
    Document,
    Hooks,
    OnStartup,
    Performance,
    Store,
    Ui,
    Upstream,
)
from modelyard.config.document.routing import (
    Fifo,
    GroupEntry,
    MatrixEntry,
    Router,
    RouterSettings,
    Routing,
    Scheduler,
    SchedulerSettings,
)

__all__ = [
    "ALL_ROUTES",
    "Activity",
    "ApiKeyEntry",
    "Capabilities",
    "Compat",
    "Document",
    "Fifo",
    "Filters",
    "GroupEntry",
    "Hooks",
    "MacroValue",
    "MatrixEntry",
    "ModelEntry",
    "ModelFilters",
    "OnStartup",
    "PeerEntry",
    "PeerTimeouts",
    "Performance",
    "ProfileEntry",
    "RouteClass",
    "Router",
    "RouterSettings",
    "Routing",
    "Scheduler",
    "SchedulerSettings",
    "SelectorEntry",
    "SelectorSettings",
    "Store",
    "Timeouts",
    "Ui",
    "Upstream",
    "WarmUpEntry",
]
