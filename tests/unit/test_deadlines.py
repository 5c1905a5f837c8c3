"""By when a request has to be answered."""

from datetime import timedelta

import pytest
from aws_lambda_powertools.event_handler import Response

from leadsignal.errors import TransientError
from leadsignal.runtime import wiring
from leadsignal.runtime.api import ANSWER_MARGIN, build_api, deadline, handle
from leadsignal.services.deadlines import Deadline
from tests.fakes.clock import NOW, Clock
from tests.fakes.flow import headers_of, problem
from tests.fakes.lambda_side import CONTEXT, http_event


def test_work_goes_on_until_the_instant(clock: Clock) -> None:
    deadline = Deadline(NOW + timedelta(seconds=3), now=lambda: clock.now)
    clock.move(seconds=2)
    assert deadline.left == timedelta(seconds=1)
    deadline.check()
    clock.move(seconds=1)
    assert deadline.passed
    with pytest.raises(TransientError):
        deadline.check()


def test_a_request_that_takes_too_long_is_told_to_come_back(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setattr(wiring, "now", lambda: clock.now)
    app = build_api()
    steps: list[timedelta] = []

    @app.get("/v1/steps")
    def take_steps() -> Response[None]:
        while True:
            deadline(app).check()
            steps.append(deadline(app).left)
            clock.move(seconds=10)

    answer = handle(app, http_event("GET", "/v1/steps"), CONTEXT, public=True)
    assert problem(answer) == (503, "temporarily-unavailable")
    assert int(headers_of(answer)["retry-after"]) >= 1
    given = timedelta(milliseconds=CONTEXT.get_remaining_time_in_millis()) - ANSWER_MARGIN
    assert steps == [given, given - timedelta(seconds=10), given - timedelta(seconds=20)]
