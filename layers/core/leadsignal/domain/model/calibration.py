"""Calibration: log-odds stretched and moved until they say how often leads are won (Platt)."""

from collections.abc import Sequence
from math import tanh
from typing import NamedTuple

HOLD = 10.0  # how much what was fitted is held to what it was: as if by so many further leads
STEPS = 50
CLOSE = 1e-9


class Calibration(NamedTuple):
    """What makes of log-odds calibrated ones: ``slope * margin + shift``."""

    slope: float = 1.0
    shift: float = 0.0


def calibrated(margins: Sequence[float], won: Sequence[bool], *, hold: float = HOLD) -> Calibration:
    """Return the slope and shift under which the outcomes of leads that were not learned from are
    likeliest, held a little to none. A slope never turns the order around: it is at least 0.1.

    Solved by Newton's method in two unknowns; without leads nothing changes.
    """
    slope, shift = 1.0, 0.0
    pairs = [(margin, 1.0 if each else 0.0) for margin, each in zip(margins, won, strict=True)]
    for _ in range(STEPS):
        down, across = hold * (1 - slope), -hold * shift
        aa, ab, bb = hold, 0.0, hold
        for margin, outcome in pairs:
            p = (1 + tanh((slope * margin + shift) / 2)) / 2
            off, curve = outcome - p, p * (1 - p)
            down, across = down + off * margin, across + off
            aa, ab, bb = aa + curve * margin * margin, ab + curve * margin, bb + curve
        whole = aa * bb - ab * ab
        one, other = (down * bb - across * ab) / whole, (across * aa - down * ab) / whole
        shrink = min(1.0, 1 / max(abs(one), abs(other), 1e-12))
        slope, shift = max(0.1, slope + shrink * one), shift + shrink * other
        if abs(one) + abs(other) < CLOSE:
            break
    return Calibration(slope, shift)
