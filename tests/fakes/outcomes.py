"""Leads of known outcome, made up: what somebody does and is decides how often they are won."""

from math import exp
from random import Random

from leadsignal.domain.model.leaks import Example
from leadsignal.models.predictions import Value

AT = 1_767_000_000_000
HOUR = 3_600_000


def leads(count: int, *, seed: int = 1, strength: float = 1.0) -> list[Example]:
    """Return leads in the order of their outcome. Demos and size speak for them, some sources
    against them; ``noise`` says nothing. The stronger, the better they can be told apart."""
    draw = Random(seed)
    found = []
    for number in range(count):
        demos = draw.choice((0, 0, 0, 1, 1, 2, 3))
        staff = draw.choice((None, 5, 20, 60, 200, 900, 4_000))
        source = draw.choice(("organic", "paid", "referral", "event"))
        row: dict[str, Value] = {
            "events.demo": float(demos),
            "company.employee_count": None if staff is None else float(staff + draw.randrange(9)),
            "source": source,
            "is_known": draw.random() < 0.7,
            "noise": float(draw.randrange(1_000)),
        }
        odds = -1.4 + strength * (demos - 1 + (staff or 30) ** 0.25 / 2 - 1.2 * (source == "paid"))
        won = draw.random() < 1 / (1 + exp(-odds))
        points = 10.0 * demos + 5 * draw.random()
        found.append(Example(f"lead_{number:05d}", AT + number * HOUR, won, row, points=points))
    return found
