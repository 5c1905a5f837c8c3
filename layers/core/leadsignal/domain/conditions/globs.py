"""Glob patterns, matched in time linear in the text whatever the pattern."""

from collections.abc import Callable

MAX_PATTERN = 256


def glob(pattern: str) -> Callable[[str], bool]:
    """Return whether a whole text is what the pattern says.

    ``*`` stands for any characters, ``?`` for one, ``\\`` takes its meaning from the next. All ways
    to match are followed at once, as the bits of one integer, so no pattern makes it slow: a step
    for each character of the text. Bit n stands for the first n tokens having matched.
    """
    where: dict[str, int] = {}  # the states that a character leads on from
    anything = loops = 0
    state = 1
    taken = iter(pattern)
    for char in taken:
        if char == "*":
            loops |= state
            continue
        if char == "?":
            anything |= state
        else:
            literal = next(taken, char) if char == "\\" else char
            where[literal] = where.get(literal, 0) | state
        state <<= 1
    final = state

    def matches(text: str) -> bool:
        states = 1
        for char in text:
            states = (states & (where.get(char, 0) | anything)) << 1 | states & loops
            if not states:
                return False
        return bool(states & final)

    return matches
