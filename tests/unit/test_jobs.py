"""What changes for all leads has a job that brings them in line, wherever asking for it broke."""

from collections.abc import Callable

import pytest

from tests.fakes.faults import KilledError
from tests.fakes.office import Office


@pytest.mark.parametrize("change", [Office.publish, Office.define, Office.sort])
def test_a_change_that_was_killed_at_any_call_has_its_job_if_it_came_to_be(
    change: Callable[[Office], None],
) -> None:
    whole = Office()
    begun = whole.calls.made
    change(whole)
    seen = set()
    for call in range(1, whole.calls.made - begun + 1):
        for after in (False, True):
            office = Office()
            office.calls.kill(at=call, after=after)
            with pytest.raises(KilledError):
                change(office)
            office.calls.stop()
            steps = office.asked_for()
            jobs = [office.jobs.get(step.job_id) for step in steps]
            assert all(job is not None and job.status == "queued" for job in jobs)
            assert steps or not office.is_changed
            seen.add(office.is_changed)
    assert seen == {False, True}
