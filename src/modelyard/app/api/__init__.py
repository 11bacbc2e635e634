"""The HTTP API beside inference, as a Starlette application: listing, running, unloading, logs, health."""
