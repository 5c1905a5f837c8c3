"""Words in capitals in the spelling of names."""

import re

_PARTS = re.compile(r"([-'’.])")
_LEAST_AFTER_MC = 3


def is_plain_capitals(text: str) -> bool:
    """Return whether all letters are capitals, each of which has one small letter."""
    small = text.lower()
    return text.isupper() and len(small) == len(text) and small.upper() == text


def is_plain_small(text: str) -> bool:
    """Return whether all letters are small, each of which has one capital."""
    large = text.upper()
    return text.islower() and len(large) == len(text) and large.lower() == text


def name_word(word: str) -> str:
    """Return a word as names are written: ``O'NEIL`` as O'Neil, ``MCDONALD'S`` as McDonald's,
    ``anne-marie`` as Anne-Marie."""
    parts = _PARTS.split(word)
    for number, part in enumerate(parts):
        after_apostrophe = number > 1 and parts[number - 1] in "'’"
        parts[number] = part.lower() if after_apostrophe and len(part) == 1 else _titled(part)
    return "".join(parts)


def _titled(part: str) -> str:
    small = part.lower()
    if small.startswith("mc") and len(small) >= len("mc") + _LEAST_AFTER_MC:
        return f"Mc{small[2].upper()}{small[3:]}"
    return small[:1].upper() + small[1:]
