"""The composition root: the daemon, its HTTP surface and its command line.

`daemon` puts the parts together; `front` decides who answers a request; `inference` brings requests to models;
`api/` is a Starlette application for everything else; `cli/` is what people type.
"""
