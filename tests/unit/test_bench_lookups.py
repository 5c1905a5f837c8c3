"""The month of look-ups: the same each time, and what it pays for is what the providers counted."""

from leadsignal.models.instants import DAY_MS, to_instant
from tests.bench.lookups import ours, run
from tests.bench.month import MonthNetworks, Shape, Visit, address_of, month, per_address
from tests.fakes.clock import NOW

SMALL = Shape(800, 80, 0.9)
START = to_instant(NOW)


def test_a_seed_gives_the_same_month_each_time() -> None:
    assert month(SMALL, start=0) == month(SMALL, start=0)
    assert month(SMALL, start=0) != month(SMALL, start=0, seed=1)
    visits = month(SMALL, start=0)
    assert len(visits) == 800
    assert all(0 <= visit.at < 30 * DAY_MS for visit in visits)
    of_companies = [v for v in visits if MonthNetworks().match(v.address).type == "company"]
    assert 340 < len(of_companies) < 460


def test_who_keeps_answers_by_address_pays_once_a_day() -> None:
    day = DAY_MS
    visits = [Visit(0, "a"), Visit(day - 1, "a"), Visit(day, "a"), Visit(day, "b")]
    assert per_address(visits) == 3


def test_a_company_is_paid_for_once_and_nobody_at_home_ever() -> None:
    company, unknown = address_of(5, 0), address_of(9, 0)
    visits = [Visit(START + hour * 3_600_000, company) for hour in range(0, 700, 7)]
    assert ours(visits) == (1, 1)
    assert ours([Visit(START, "10.1.2.3")] * 3) == (0, 0)
    days = [Visit(START + n * DAY_MS, unknown) for n in range(3)]
    calls, credits = ours(days)
    assert (calls, credits) == (3, 0)  # what nobody knows is asked again after a day, for nothing


def test_a_month_pays_for_at_most_a_quarter_of_its_sessions() -> None:
    paid = run(SMALL)
    assert paid.each == 800
    assert paid.daily > 0.7 * paid.each
    assert paid.kept
    assert 0 < paid.credits < paid.ours
