"""One class per outside thing, each behind a port."""
