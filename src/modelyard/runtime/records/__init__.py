"""The record of requests (DESIGN section 6).

A `Row` is one request that has ended. The `Store` takes rows from the loop without ever waiting and writes them in
batches from one thread; `schema` knows how the file looks and how an older one becomes one; `queries` ask it.
`CaptureBuffer` holds what was said in the requests, in memory and within a bound; `keeping` has it in the file as well,
where that is wanted.
"""
