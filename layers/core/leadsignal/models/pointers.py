"""JSON pointers (RFC 6901)."""


def pointer_token(name: str) -> str:
    """Return a name as one part of a pointer, without the slash before it."""
    return name.replace("~", "~0").replace("/", "~1")
