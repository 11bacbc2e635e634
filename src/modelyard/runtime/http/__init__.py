"""The data plane: bytes in, bytes out, in the callback that received them.

An `Edge` listens; each client connection parses heads into `Request`s and gathers their `Body`. An `Exchange` pairs
one request with one `UpstreamConnection` of a child's `UpstreamPool` and pumps both ways under backpressure; a
`Tunnel` splices what was upgraded. What is not inference goes through the `AsgiBridge` to a Starlette app.
"""
