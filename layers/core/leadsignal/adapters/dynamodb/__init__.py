"""Repositories on the four tables; keys are built in keys.py only."""
