"""Arithmetic on models: same input, same output; no clock, no I/O."""
