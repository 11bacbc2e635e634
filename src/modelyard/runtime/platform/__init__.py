"""What the operating system tells about processes, and what differs between systems.

Imported by the sidecar, too: standard library only, and small.
"""
