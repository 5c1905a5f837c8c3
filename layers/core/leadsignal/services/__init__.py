"""Use cases as functions; collaborators come in as ports."""
