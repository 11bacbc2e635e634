"""What bytes and headers mean, without moving any: pure functions from text to meaning and back.

`endpoints` says where a request names its model, `body` finds and replaces that name, `headers` decides which
headers pass, `errors` turns causes into bodies in the dialect of the route.
"""
