"""What comes of a training: a model that is better, one that is not, or why there is none."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadsignal.domain.model.leaks import Example
from leadsignal.domain.model.predictor import Predictor
from leadsignal.domain.model.training import Running, train
from leadsignal.models.predictions import Model, Wishes
from tests.fakes.outcomes import AT, HOUR, leads

NOW = AT + 10_000 * HOUR


def trained(
    examples: list[Example], *, running: Running | None = None, wishes: Wishes | None = None
) -> Model:
    return train(examples, model_id="mdl_2", wishes=wishes or Wishes(), running=running, now=NOW)


def running(model: Model) -> Running:
    return Running("mdl_1", Predictor("mdl_1", model.intercept, model.features))


GOOD = trained(leads(800))


def test_a_model_is_measured_on_leads_that_it_has_not_seen() -> None:
    assert GOOD.verdict == "better"
    assert GOOD.measures is not None
    assert GOOD.measures.leads == 200
    assert GOOD.measures.auc > 0.7
    spans = (GOOD.learned_from, GOOD.learned_until, GOOD.tested_until)
    assert spans == (AT, AT + 599 * HOUR, AT + 799 * HOUR)
    assert (GOOD.outcomes, GOOD.trained_at) == (800, NOW)
    assert [each.beside for each in GOOD.comparisons] == ["rules"]


@settings(deadline=None, max_examples=3)
@given(order=st.randoms(use_true_random=False))
def test_the_order_of_the_leads_does_not_matter(order: Random) -> None:
    some = leads(240)
    mixed = some[:]
    order.shuffle(mixed)
    assert trained(mixed) == trained(some)


def test_other_data_have_another_hash() -> None:
    some = leads(240)
    other = [some[0]._replace(row=some[0].row | {"source": "radio"}), *some[1:]]
    assert trained(some).data_hash == trained(some[::-1]).data_hash != trained(other).data_hash


@pytest.mark.parametrize(
    ("examples", "detail"),
    [
        pytest.param([], "there are 0 won and 0 lost", id="none"),
        pytest.param(leads(199), "a model needs 200 leads", id="one too few"),
        pytest.param(
            [e._replace(won=n < 39) for n, e in enumerate(leads(400))],
            "there are 39 won and 361 lost",
            id="too few of one outcome",
        ),
        pytest.param(
            [e._replace(won=n < 100) for n, e in enumerate(leads(400))],
            "of the 100 newest outcomes 0 were won",
            id="one outcome among the newest",
        ),
        pytest.param(
            [e._replace(won=n >= 300) for n, e in enumerate(leads(400))],
            "of the 300 older outcomes 0 were won",
            id="one outcome among the older",
        ),
    ],
)
def test_too_few_outcomes_make_no_model(examples: list[Example], detail: str) -> None:
    found = trained(examples)
    assert found.verdict == "too_few"
    assert detail in found.detail
    assert found.features == ()
    assert found.measures is None


def dealt(examples: list[Example], seed: int) -> list[Example]:
    """Return the leads with their outcomes dealt at random."""
    won = [example.won for example in examples]
    Random(seed).shuffle(won)
    return [e._replace(won=each) for e, each in zip(examples, won, strict=True)]


@pytest.mark.parametrize("seed", range(4))
def test_outcomes_dealt_at_random_are_told_no_better_than_by_chance(seed: int) -> None:
    found = trained(dealt(leads(600), seed))
    assert found.verdict == "no_better_than_chance"
    assert "no better than chance" in found.detail
    assert found.features == ()
    assert found.measures is not None


def test_a_model_that_is_worse_than_the_rules_says_so() -> None:
    knowing = [
        e._replace(points=50.0 * e.won + e.points) for e in leads(800) if e.points is not None
    ]
    found = trained(knowing)
    assert found.verdict == "worse"
    assert "worse than the rules" in found.detail
    assert found.features


def test_the_same_model_again_is_no_better() -> None:
    found = trained(leads(800), running=running(GOOD))
    assert found.verdict == "not_better"
    assert "not surely better than the model that ran" in found.detail
    assert found.ran == "mdl_1"
    [_, beside] = found.comparisons
    assert (beside.better, beside.worse) == (False, False)
    assert found.measures is not None
    assert beside.auc == pytest.approx(found.measures.auc)


def test_a_model_that_learned_from_outcomes_turned_around_gives_way() -> None:
    turned = trained([e._replace(won=not e.won, points=None) for e in leads(800)])
    found = trained(leads(800, seed=2), running=running(turned))
    assert found.verdict == "better"


def test_without_rules_to_compare_with_better_than_chance_is_enough() -> None:
    found = trained([e._replace(points=None) for e in leads(800)])
    assert (found.verdict, found.comparisons) == ("better", ())


def test_rules_that_give_everybody_the_same_are_compared_with() -> None:
    found = trained([e._replace(points=7.0) for e in leads(800)])
    [rules] = found.comparisons
    assert (rules.auc, rules.better) == (0.5, True)


def test_a_column_that_comes_only_with_the_outcome_is_named_and_left_out() -> None:
    later = frozenset(("attributes.contract",))
    examples = [e._replace(later=later) if e.won else e for e in leads(800)]
    examples[3] = examples[3]._replace(row=examples[3].row | {"attributes.contract": "signed"})
    found = trained(examples)
    assert [(leak.column, leak.reason) for leak in found.leaks] == [
        ("attributes.contract", "after_outcome")
    ]
    few = [e._replace(later=later) if n < 9 else e for n, e in enumerate(leads(800))]
    assert trained(few).leaks == ()


def test_what_is_not_wanted_is_in_no_model() -> None:
    found = trained(leads(800), wishes=Wishes(exclude=("source",)))
    assert "source" not in [feature.name for feature in found.features]
    assert found.wishes == Wishes(exclude=("source",))
