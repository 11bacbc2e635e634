"""What the operating system tells about processes. Imported by the sidecar too: standard library only, and
small."""
