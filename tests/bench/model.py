"""``python -m tests.bench.model``: the model beside scikit-learn's on public leads.

Needs the data (``--data``) and the requirements ``bench`` of pyproject.toml; takes about a minute.
Ends with status 1 when a held-out time split is told apart worse than by scikit-learn's logistic
regression on the same columns, when its probabilities are worse, or when outcomes dealt at random
are believed.
"""

import argparse
import csv
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from leadsignal.domain.model.columns import row_of
from leadsignal.domain.model.leaks import Example
from leadsignal.domain.model.learning import learn
from leadsignal.domain.model.measures import (
    gain_in_brier,
    gain_in_rank,
    measured,
    ranks_of,
)
from leadsignal.domain.model.predictor import Predictor
from leadsignal.domain.model.training import OLDER, train
from leadsignal.models.predictions import Feature, Measures, Value, Wishes
from tests.bench.rules import AT, cost_of, lead, rules

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "leads"
SHOPPERS = "uci-online-shoppers/online_shoppers_intention.csv"
B2B = "leadforge-b2b-saas-seed42-2k/tasks/converted_within_90_days"
MONTHS = ("Feb", "Mar", "May", "June", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
CODES = ("OperatingSystems", "Browser", "Region", "TrafficType", "VisitorType", "Weekend")
IDS = ("account_id", "contact_id", "lead_id", "lead_created_at", "converted_within_90_days")
SIZES = (100, 200, 400, 800, 1_600)
DRAWS = 12
NOW = 1_780_000_000_000


class Case(NamedTuple):
    """Leads in the order of time, or of a split that was given; the last ones are the test."""

    name: str
    examples: Sequence[Example]
    size: int
    timed: bool = True


def main() -> int:
    """Print the comparison and return the status to end with."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.model", description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of public leads")
    parser.add_argument("--sizes", action="store_true", help="how many outcomes a model needs")
    wanted = parser.parse_args()
    if wanted.sizes:
        _print_sizes(wanted.data)
        return 0
    fine = True
    _print_cost()
    for case in cases(wanted.data):
        fine &= _print_case(case)
    return 0 if fine else 1


def _print_cost() -> None:
    """Print what predicting one lead costs, by a model of all that the lead has."""
    fields = lead(rules())
    names = sorted(row_of(fields, AT))
    features = [
        Feature(name=n, kind="number", edges=tuple(map(float, range(9))), weights=(0.1,) * 11)
        for n in names
    ]
    model = Predictor("bench", -1.0, features)
    cost = cost_of(lambda: model.probability(row_of(fields, AT)))
    print(
        f"{len(names)} columns: {cost.microseconds:.0f} µs a lead, {cost.in_calls:.2f} boto3 calls"
    )


def cases(data: Path) -> list[Case]:
    """Return what is tried."""
    b2b, timed = leads_of(data), sorted(leads_of(data), key=lambda e: (e.at, e.id))
    trap = "total_touches_all"
    shoppers = shoppers_of(data / SHOPPERS)
    return [
        Case("shoppers", without(shoppers, "PageValues"), round(len(shoppers) * OLDER)),
        Case("b2b, by time", without(timed, trap), round(len(timed) * OLDER)),
        Case("b2b, its own split", without(b2b, trap), 1_700, timed=False),
        Case("shoppers, PageValues left in", shoppers, round(len(shoppers) * OLDER), timed=False),
        Case(f"b2b, {trap} left in", b2b, 1_700, timed=False),
    ]


def shoppers_of(file: Path) -> list[Example]:
    """Return the sessions of the UCI shoppers, by month; the month itself is no column."""
    with file.open(newline="") as opened:
        rows = list(csv.DictReader(opened, delimiter=";"))
    found = []
    for number, row in enumerate(rows):
        values: dict[str, Value] = {
            name: value if name in CODES else float(value)
            for name, value in row.items()
            if name not in ("Month", "Revenue")
        }
        at = MONTHS.index(row["Month"])
        found.append(Example(f"{number:05d}", at, row["Revenue"] == "TRUE", values))
    return sorted(found, key=lambda example: (example.at, example.id))


def leads_of(data: Path) -> list[Example]:
    """Return the leads of the synthetic B2B task: train, valid and test, as they were split."""
    from pyarrow import parquet

    rows: list[dict[str, Any]] = []
    for part in ("train", "valid", "test"):
        rows += parquet.read_table(data / B2B / f"{part}.parquet").to_pylist()
    return [
        Example(
            row["lead_id"],
            int(row["lead_created_at"].replace("-", "")),
            bool(row["converted_within_90_days"]),
            {name: value for name, value in row.items() if name not in IDS},
        )
        for row in rows
    ]


def without(examples: Sequence[Example], column: str) -> list[Example]:
    """Return the leads without a column."""
    return [
        e._replace(row={name: value for name, value in e.row.items() if name != column})
        for e in examples
    ]


def ours(case: Case) -> tuple[list[float], str]:
    """Return what the model predicts of the test, and what it says of the columns."""
    began = time.process_time()
    learned = learn(case.examples[: case.size], Wishes())
    took = time.process_time() - began
    predictor = Predictor("bench", learned.intercept, learned.features)
    leaks = ", ".join(f"{leak.column} ({leak.reason})" for leak in learned.leaks) or "none"
    told = f"{len(learned.features)} columns, ridge {learned.ridge:g}, {took:.1f} s; leaks: {leaks}"
    return [predictor.probability(e.row) for e in case.examples[case.size :]], told


def sklearns(case: Case) -> list[float]:
    """Return what scikit-learn's logistic regression predicts of the test, from the same columns:
    numbers scaled, missing ones set to the median and marked, texts one-hot."""
    import numpy as np
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    names = list(case.examples[0].row)
    texts = [n for n, name in enumerate(names) if any(map(_is_text, _values(case, name)))]
    numbers = [n for n in range(len(names)) if n not in texts]
    table = np.empty((len(case.examples), len(names)), dtype=object)
    for n, name in enumerate(names):
        fill: object = "" if n in texts else np.nan
        told = [fill if v is None else str(v) if n in texts else v for v in _values(case, name)]
        table[:, n] = told
    scaled = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    coded = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=10)
    columns = ColumnTransformer([("numbers", scaled, numbers), ("texts", coded, texts)])
    model = make_pipeline(columns, LogisticRegression(max_iter=5_000))
    model.fit(table[: case.size], [e.won for e in case.examples[: case.size]])
    return [float(p) for p in model.predict_proba(table[case.size :])[:, 1]]


def _values(case: Case, name: str) -> list[Value]:
    return [example.row[name] for example in case.examples]


def _is_text(value: Value) -> bool:
    return isinstance(value, str | bool)


def _print_case(case: Case) -> bool:
    """Print one comparison, and what outcomes dealt at random give; say whether all is well."""
    won = [example.won for example in case.examples[case.size :]]
    mine, told = ours(case)
    theirs = sklearns(case)
    one, other = measured(mine, won), measured(theirs, won)
    ranks = gain_in_rank(ranks_of(mine, won), ranks_of(theirs, won))
    closer = gain_in_brier(mine, theirs, won)
    print(f"{case.name}: {len(case.examples)} leads, test {one.leads} of them, {one.won} won")
    print(f"  leadsignal    {_line(one)}   {told}")
    print(f"  scikit-learn  {_line(other)}   ahead by {ranks:+.2f} (AUC), {closer:+.2f} (Brier) SE")
    dealt = [example.won for example in case.examples]
    random.Random(1).shuffle(dealt)
    mixed = [e._replace(won=each) for e, each in zip(case.examples, dealt, strict=True)]
    verdict = train(mixed, model_id="bench", wishes=Wishes(), now=NOW)
    print(f"  dealt at random: {verdict.verdict}; {verdict.detail}")
    better = one.auc >= other.auc and one.brier <= other.brier
    return verdict.verdict == "no_better_than_chance" and (better or not case.timed)


def _line(found: Measures) -> str:
    return (
        f"AUC {found.auc:.4f} ({found.auc_low:.3f}-{found.auc_high:.3f})  Brier {found.brier:.5f}"
    )


def _print_sizes(data: Path) -> None:
    """Print how well models of few outcomes tell the same newest shoppers apart."""
    case = cases(data)[0]
    older, newer = case.examples[: case.size], case.examples[case.size :]
    won = [example.won for example in newer]
    print("outcomes   won   AUC: median, worst, best of the draws")
    for size in SIZES:
        found = []
        for draw in range(DRAWS):
            some = sorted(random.Random(draw).sample(older, size), key=lambda e: (e.at, e.id))
            learned = learn(some, Wishes())
            predictor = Predictor("bench", learned.intercept, learned.features)
            found.append(measured([predictor.probability(e.row) for e in newer], won).auc)
        found.sort()
        share = round(size * sum(e.won for e in older) / len(older))
        middle = (found[DRAWS // 2 - 1] + found[DRAWS // 2]) / 2
        print(f"{size:8d} {share:5d}   {middle:.3f}  {found[0]:.3f}  {found[-1]:.3f}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
