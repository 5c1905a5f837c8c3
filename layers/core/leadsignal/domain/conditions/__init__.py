"""The condition language: from JSON to a tree, from a tree to a function that decides."""
