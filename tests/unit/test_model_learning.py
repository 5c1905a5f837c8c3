"""What leads that were won and lost teach: weights that are exact, in order, and explained."""

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadsignal.domain.model.fit import LEVEL, Column, fit, probability
from leadsignal.domain.model.leaks import Example
from leadsignal.domain.model.learning import learn
from leadsignal.domain.model.parts import Parts
from leadsignal.domain.model.predictor import Predictor
from leadsignal.models.predictions import Direction, Leak, Value, Wishes
from tests.fakes.outcomes import AT, leads

SOME = leads(400)
NUMBER = Parts("number", edges=(1.0, 2.0, 3.0))
TEXT = Parts("text", values=("a", "b"))
CELLS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 3), st.booleans()), min_size=10, max_size=80
).filter(lambda rows: len({won for *_, won in rows}) == 2)


def columns_of(
    rows: list[tuple[int, int, bool]], direction: Direction | None = None
) -> list[Column]:
    return [
        Column(NUMBER, [number for number, _, _ in rows], direction),
        Column(TEXT, [text for _, text, _ in rows]),
    ]


@settings(deadline=None)
@given(rows=CELLS, ridge=st.sampled_from((1.0, 10.0)))
def test_no_other_weights_make_the_outcomes_likelier(
    rows: list[tuple[int, int, bool]], ridge: float
) -> None:
    columns, won = columns_of(rows), [each for *_, each in rows]
    found = fit(columns, won, ridge=ridge)
    margins = found.margins(columns, len(won))
    off = [each - probability(margin) for each, margin in zip(won, margins, strict=True)]
    assert abs(sum(off)) < 0.1
    numbers, texts = found.weights
    for part in range(TEXT.size):
        pulled = sum(o for o, (_, text, _) in zip(off, rows, strict=True) if text == part)
        assert abs(pulled - ridge * texts[part]) < 0.1
    for part in range(NUMBER.size - 1):
        pulled = sum(o for o, (number, _, _) in zip(off, rows, strict=True) if number == part)
        beside = [numbers[n] for n in (part - 1, part + 1) if 0 <= n < NUMBER.size - 1]
        held = LEVEL * numbers[part] + sum(numbers[part] - each for each in beside)
        assert abs(pulled - ridge * held) < 0.1


@settings(deadline=None)
@given(rows=CELLS, direction=st.sampled_from(("increasing", "decreasing")))
def test_a_direction_is_kept_whatever_the_outcomes_say(
    rows: list[tuple[int, int, bool]], direction: Direction
) -> None:
    columns = columns_of(rows, direction)
    numbers = fit(columns, [won for *_, won in rows], ridge=1.0).weights[0][:-1]
    sign = 1 if direction == "increasing" else -1
    assert all(sign * (b - a) >= -1e-9 for a, b in pairwise(numbers))


def test_what_speaks_for_a_lead_has_a_weight_above_nothing() -> None:
    learned = learn(SOME, Wishes())
    features = {feature.name: feature for feature in learned.features}
    demos = features["events.demo"]
    assert demos.edges == (1.0, 2.0, 3.0)
    assert list(demos.weights[:4]) == sorted(demos.weights[:4])
    source = features["source"]
    assert source.weights[source.values.index("paid")] < -0.3
    assert learned.leaks == ()


@pytest.mark.parametrize(("direction", "sign"), [("increasing", 1), ("decreasing", -1)])
def test_a_wish_for_a_direction_holds_in_the_model(direction: Direction, sign: int) -> None:
    wishes = Wishes(monotone={"company.employee_count": direction, "source": "increasing"})
    learned = learn(SOME, wishes)
    [staff] = [each for each in learned.features if each.name == "company.employee_count"]
    assert staff.direction == direction
    assert all(sign * (b - a) >= -1e-9 for a, b in pairwise(staff.weights[:-1]))
    [source] = [each for each in learned.features if each.name == "source"]
    assert source.direction is None


def test_a_column_that_is_not_wanted_is_not_learned_from() -> None:
    learned = learn(SOME, Wishes(exclude=("events.demo",)))
    assert "events.demo" not in [feature.name for feature in learned.features]


ROWS = st.fixed_dictionaries(
    {
        "events.demo": st.none() | st.floats(0, 1e9),
        "company.employee_count": st.none() | st.floats(-1e12, 1e12) | st.just("many"),
        "source": st.none() | st.sampled_from(("organic", "paid", "nobody knows")),
        "is_known": st.none() | st.booleans(),
        "unheard of": st.just("of"),
    }
)
LEARNED = learn(SOME, Wishes())
PREDICTOR = Predictor("mdl_1", LEARNED.intercept, LEARNED.features)


@given(row=ROWS)
def test_a_probability_is_never_nothing_nor_certain_and_is_the_sum_of_its_reasons(
    row: dict[str, Value],
) -> None:
    assert 0 < PREDICTOR.probability(row) < 1
    influences = PREDICTOR.influences(row)
    total = PREDICTOR.intercept + sum(each.log_odds for each in influences)
    assert PREDICTOR.log_odds(row) == pytest.approx(total)
    assert probability(total) == pytest.approx(PREDICTOR.probability(row))
    weights = [abs(each.log_odds) for each in influences]
    assert weights == sorted(weights, reverse=True)


def test_the_average_lead_has_no_influences() -> None:
    found = {feature.name: 0.0 for feature in LEARNED.features}
    for example in SOME:
        for each in PREDICTOR.influences(example.row):
            found[each.feature.name] += each.log_odds / len(SOME)
    assert all(abs(mean) < 1e-9 for mean in found.values())


def test_what_was_not_counted_counts_as_nothing() -> None:
    assert PREDICTOR.log_odds({}) == PREDICTOR.log_odds({"events.demo": 0.0})


def planted(name: str, value_of: dict[bool, Value], share: float = 1.0) -> list[Example]:
    """Return leads of which some have a column that goes by the outcome."""
    draw = Random(3)
    return [
        e._replace(row=e.row | ({name: value_of[e.won]} if draw.random() < share else {}))
        for e in SOME
    ]


@pytest.mark.parametrize(
    ("examples", "reason"),
    [
        pytest.param(planted("attributes.fee", {True: 9.0, False: 1.0}), "near_perfect", id="all"),
        pytest.param(
            planted("attributes.loss_reason", {True: None, False: "price"}, 0.9),
            "one_outcome",
            id="lost ones only",
        ),
        pytest.param(
            planted("attributes.contract", {True: 12.0, False: None}, 0.4),
            "one_outcome",
            id="won ones only",
        ),
    ],
)
def test_a_column_that_knows_the_outcome_is_named_and_left_out(
    examples: list[Example], reason: str
) -> None:
    learned = learn(examples, Wishes())
    [leak] = learned.leaks
    assert leak.reason == reason
    assert leak.dropped
    assert leak.column.startswith("attributes.")
    assert leak.column not in [feature.name for feature in learned.features]


def test_a_column_that_tells_more_than_all_others_together_is_named_and_stays() -> None:
    draw = Random(5)
    examples = [
        e._replace(row=e.row | {"traits.stage": 4 * e.won + draw.choice((0.0, 1.0, 2.0, 6.0))})
        for e in leads(400, strength=0.4)
    ]
    learned = learn(examples, Wishes())
    [leak] = learned.leaks
    assert (leak.column, leak.reason, leak.dropped) == ("traits.stage", "dominant", False)
    assert "traits.stage" in [feature.name for feature in learned.features]


def test_nothing_to_learn_from_is_learned_from() -> None:
    bare = [Example(e.id, AT, e.won, {}) for e in SOME]
    learned = learn(bare, Wishes())
    assert learned.features == ()
    share = sum(e.won for e in SOME) / len(SOME)
    assert probability(learned.intercept) == pytest.approx(share, abs=0.01)
    assert learned.leaks == ()
    assert Leak(column="x", reason="dominant").dropped
