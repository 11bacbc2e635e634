"""Names that are used by what vulture can't see: protocols that asyncio and httptools call, and framework hooks."""
