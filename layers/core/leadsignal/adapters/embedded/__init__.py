"""Providers that answer from the data files shipped with the code."""
