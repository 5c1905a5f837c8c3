"""JSON texts in characters that every queue takes."""

# Two code points that JSON may hold as they are and SQS refuses; escaped they mean the same.
_ESCAPES = str.maketrans({"\ufffe": "\\ufffe", "\uffff": "\\uffff"})


def escaped(text: str) -> str:
    """Return a JSON text that means the same and that a queue takes; it may be longer."""
    return text.translate(_ESCAPES)
