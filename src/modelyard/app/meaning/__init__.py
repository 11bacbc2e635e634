"""What a configuration means, and where each value comes from: for `modelyard config explain` and for the web UI.

facts       the shape of an explanation
names       what a name is
model       the facts of a model
neighbours  who may run beside it
settings    the facts of everything that is no model
shown       explanations as the API tells them
"""
