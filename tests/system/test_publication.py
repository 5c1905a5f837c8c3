"""Rules published twice while events flow: no lead keeps old ones, and the job says how it is."""

from tests.bench.publish import run

LEADS = 150


def test_everybody_is_scored_by_new_rules_alone_while_events_go_on() -> None:
    outcome = run(LEADS, hurry=True, again=True)

    assert not outcome.wrong, outcome.wrong[:5]
    assert outcome.polled[-1].status == "succeeded"
    assert outcome.polled[-1].processed >= LEADS
    assert outcome.flowed > 0
