"""`modelyard config explain`: what a name means, and where each value comes from.

facts       the shape of an explanation
names       what a name is
model       the facts of a model
neighbours  who may run beside it
show        an explanation as text and as data
"""
