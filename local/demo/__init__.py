"""The demo: a real web log through the public API, and what came of it on one screen."""
