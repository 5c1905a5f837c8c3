"""Numbers of employees, and the size classes in which they are given where nobody counts."""

import re
from bisect import bisect_left
from typing import NamedTuple

MAX_EMPLOYEES = 100_000_000
MAX_LENGTH = 64

_CLASSES = (
    (1, 10), (11, 50), (51, 200), (201, 500), (501, 1_000), (1_001, 5_000), (5_001, 10_000),
)  # fmt: skip
_MOSTS = tuple(most for _, most in _CLASSES)
_LARGEST = 10_001
RANGES = (*(f"{least}-{most}" for least, most in _CLASSES), f"{_LARGEST}+")
"""The size classes, smallest first."""

_ALONE = ("selfemployed", "myself", "justme", "solo", "freelance", "freelancer", "soleproprietor")
# compiled by re when a text is read: few functions ever see one
_WORDS = (
    r"employees?|empl\.?|people|persons?|staff|headcount|ftes?|mitarbeiter(?:innen)?|medewerkers?"
    r"|werknemers|employés?|salariés?|empleados?|funcionários|dipendenti|company size|size|[:~≈]"
)
_NUMBER = (
    r"([0-9]{1,3}(?:[., \u00a0'’][0-9]{3})+|[0-9]{1,9}|[0-9]{1,4}[.,][0-9]{1,2}(?=\s*[km]))"
    r"\s*(k|m)?"
)
_SPAN = rf"{_NUMBER}\s*(?:-|–|—|to|bis|tot|à|a|and)\s*{_NUMBER}"
_OPEN = rf"{_NUMBER}\s*(?:\+|or more|and (?:more|over|above)|plus)"
_OVER = rf"(>=?|≥|over|more than|above|from|at least)\s*{_NUMBER}"
_UNDER = rf"(<=?|≤|under|up to|less than|fewer than|below)\s*{_NUMBER}"


class Headcount(NamedTuple):
    """How many work somewhere: the number where it is known, and the size class where it is."""

    number: int | None = None
    size: str | None = None


def employee_range(count: int | None) -> str | None:
    """Return the size class of a number of employees, as ``51-200``."""
    if count is None or count < 1:
        return None
    return RANGES[bisect_left(_MOSTS, count)]


def headcount(count: int | None, size: str | None = None) -> Headcount:
    """Return a number of employees and its size class, which follows from the number where there
    is one. A class without a number stays without."""
    if count is not None and 0 <= count <= MAX_EMPLOYEES:
        return Headcount(count, employee_range(count))
    return read_headcount(size) if size else Headcount()


def read_headcount(text: str) -> Headcount:
    """Return what a text says of the number of employees.

    ``1,234 employees`` is a number; ``51-200``, ``10,001+`` and ``1K-5K`` are size classes, also
    where others draw their bounds: what lies across several of ours is in the one of its middle.
    """
    if len(text) > MAX_LENGTH:
        return Headcount()
    plain = text.casefold()
    if "".join(filter(str.isalpha, plain)) in _ALONE and not any(map(str.isdigit, plain)):
        return Headcount(1, RANGES[0])
    plain = re.sub(_WORDS, " ", plain).strip(" .()")
    if match := re.fullmatch(_NUMBER, plain):
        count = _whole(*match.groups())
        return Headcount(count, employee_range(count)) if count <= MAX_EMPLOYEES else Headcount()
    return Headcount(None, _class_of(plain))


def read_range(text: str) -> str | None:
    """Return the size class that a text says, None when it says none."""
    return read_headcount(text).size


def _class_of(plain: str) -> str | None:
    if match := re.fullmatch(_SPAN, plain):
        least, most = _whole(*match.groups()[:2]), _whole(*match.groups()[2:])
        if match[2] is None and match[4] and least * 1_000 < most:
            least *= 1_000  # 1-5K
        return employee_range((max(least, 1) + most) // 2) if least <= most else None
    if match := re.fullmatch(_OPEN, plain):
        return _class_from(_whole(*match.groups()))
    if match := re.fullmatch(_OVER, plain):
        return _class_from(_whole(*match.groups()[1:]))
    if match := re.fullmatch(_UNDER, plain):
        return employee_range(max(_whole(*match.groups()[1:]), 1))
    return None


def _class_from(least: int) -> str | None:
    """Return the class that begins about there: 10,000+ and 10,001+ are the same."""
    return employee_range(least + 1 if least % 10 == 0 else least)


def _whole(digits: str, unit: str | None) -> int:
    text = re.sub(r"[ \u00a0'’]", "", digits)
    head, _, tail = text.replace(",", ".").rpartition(".")
    if not head or len(tail) == 3:
        number, places = int(text.replace(",", "").replace(".", "")), 1
    else:
        number, places = int(head.replace(".", "") + tail), 10 ** len(tail)
    return number * {"k": 1_000, "m": 1_000_000}.get(unit or "", 1) // places
