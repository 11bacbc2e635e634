"""The web UI as it is served: what `ui/` was built to, or a small page that says why there is nothing better.

`assets` knows the built files, `routes` serves them, `fallback` is the small page. The build puts the files into the
folder `dist` beside these modules; git does not keep it.
"""
