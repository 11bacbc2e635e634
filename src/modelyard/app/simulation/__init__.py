"""What other policies would have made of the traffic: for `modelyard simulate` and for the web UI.

setting   a configuration and its traffic, as the simulation takes them
outcome   what is told of it: figures, and what happened when
worker    the program that does the work, beside the server
bench     where the server has such work done
"""
