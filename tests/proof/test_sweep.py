"""Any single call of the whole path fails in any way: the outcome is as if it had not."""

from collections.abc import Callable, Iterator

import pytest

from tests.proof.mishaps import KINDS
from tests.proof.story import STORY
from tests.proof.sweep import Sweep


@pytest.fixture(scope="module")
def sweep() -> Iterator[Sweep]:
    made = Sweep()
    with made.cloud.installed():
        yield made


@pytest.mark.parametrize("chapter", range(len(STORY)), ids=[tell.__name__ for tell in STORY])
def test_a_call_that_fails_changes_nothing_in_the_end(sweep: Sweep, chapter: int) -> None:
    for name, problems in sweep.broken(chapter):
        assert not problems, (name, problems)


def test_every_call_was_broken_in_every_way(
    sweep: Sweep, record_property: Callable[[str, object], None]
) -> None:
    said = f"{sweep.calls} calls x {len(KINDS)} kinds of faults: {sweep.runs} runs"
    record_property("to be read", said)
    assert sweep.runs == sweep.calls * len(KINDS)


def test_the_story_has_all_that_can_happen(sweep: Sweep) -> None:
    state = sweep.chapters[-1].state
    told = {fact.type for fact in sweep.reporter.facts[sweep.tenant.tenant_id].values()}
    assert told == {
        "lead.created",
        "lead.updated",
        "lead.identified",
        "lead.enriched",
        "lead.score_changed",
        "lead.tier_changed",
        "lead.merged",
        "lead.unmerged",
        "deal.created",
        "deal.updated",
        "deal.won",
    }
    assert sweep.chapters[-1].rejected == 2
    codes = {text.split(", ")[2].strip('"') for text in state["failed"]}
    assert codes == {
        "invalid_event",
        "too_large",
        "id_conflict",
        "malformed",
        "apply_failed",
        "announce_failed",
    }
    assert any(post.webhook_id is None for post in sweep.cloud.receiver.got)
