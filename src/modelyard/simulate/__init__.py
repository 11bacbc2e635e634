"""What would have happened: the real scheduler under virtual time, with traffic and a machine that are described.

Workload   who asks for what and when, and how slow the machine is: a file of its own (`workload.py`, `trace.py`)
Client     one source of requests; it may wait for answers before it asks again (`clients.py`)
Policy     how the scheduler is set up for one run, by a name such as `fifo+maxWait=30` (`policies.py`)
Record     everything that happened in one run: each request, each child (`record.py`, made by `run.py`)
Figures    what a record comes to (`figures.py`), also against somebody who knew the future (`optimum.py`)
picture    the record as a chart (`picture.py`)

Pure, like the layers below: texts in, values and texts out. One seed always gives the same run.
"""
