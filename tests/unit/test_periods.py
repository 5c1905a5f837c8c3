"""Under which name a day is kept."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain.periods import Calendar, is_period

NOW = Calendar.of("2026-10-15", 30)


@pytest.mark.parametrize(
    ("day", "home"),
    [
        ("2026-10-15", "2026-10-15"),
        ("2026-09-16", "2026-09-16"),  # the thirtieth day
        ("2026-09-15", "2026-09"),
        ("2026-08-31", "2026-08"),
        ("2025-10-01", "2025-10"),  # twelve months before
        ("2025-09-30", "2025"),
        ("2025-01-01", "2025"),
        ("2016-12-31", "2016"),
        ("2015-12-31", "201"),
        ("1999-01-01", "199"),
        ("2026-10-16", "2026-10-16"),  # a clock may be a day ahead
        ("2026-10-17", "2026-10"),
        ("2027-10-31", "2027-10"),
        ("2027-11-01", "2027"),
        ("2099-01-01", "209"),
    ],
)
def test_days_are_kept_by_themselves_then_by_month_year_and_decade(day: str, home: str) -> None:
    assert NOW.home(day) == home
    assert day.startswith(home)


def test_the_window_is_the_tenants() -> None:
    assert Calendar.of("2026-10-15", 1).home("2026-10-14") == "2026-10"
    assert Calendar.of("2026-10-15", 0) == Calendar.of("2026-10-15", 1)
    assert Calendar.of("2026-10-15", 365).home("2025-10-16") == "2025-10-16"


def test_a_period_holds_its_days_but_those_that_are_kept_by_themselves() -> None:
    assert NOW.days_in("2026-09") == [f"2026-09-{day:02d}" for day in range(1, 16)]
    assert len(NOW.days_in("2025")) == 273  # January to September
    assert NOW.days_in("2026") == []
    assert len(NOW.days_in("201")) == 365 * 6 + 1
    assert Calendar.of("9998-01-01", 30).days_in("9999")[-1] == "9999-12-31"


years = st.dates(date(1970, 1, 1), date(9998, 12, 31))


@given(day=years, newest=years.filter(lambda day: day.year > 1971), window=st.integers(1, 500))
def test_every_day_has_one_home(day: date, newest: date, window: int) -> None:
    home = Calendar.of(newest.isoformat(), window).home(day.isoformat())
    assert day.isoformat().startswith(home)
    assert is_period(home) == (home != day.isoformat())
