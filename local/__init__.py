"""The laptop stack: the whole system on one machine, without an account."""
