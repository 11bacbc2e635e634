"""Modelyard: one endpoint in front of every generative model on a machine."""

__version__ = "0.1.0"
