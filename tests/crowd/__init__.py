"""A crowd of clients before a real server: many streams, many who read slowly, many who leave (`scripts/crowd`).

fountain.py    the engine: streams as it is told, as fast as it is read
clients.py     the clients, a program of its own
crowd.py       one evening: the server, who comes when, and what is left of it afterwards
"""
