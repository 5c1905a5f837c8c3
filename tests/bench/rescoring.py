"""What it costs to score a lead by newly published rules: calls and units, counted.

    python -m tests.bench.rescoring [--leads 200]

Each lead has three pages on three days. Twice rules are published: first those that count what the
leads' summaries do not know, so that their days are read again; then other points for the same.
"""

import argparse
import os
import sys
import warnings
from collections.abc import Mapping
from contextlib import redirect_stdout
from datetime import timedelta
from io import StringIO
from typing import Any

import boto3

from leadsignal.domain.rule_input import rules_of
from leadsignal.models.instants import to_instant
from leadsignal.models.jobs import JobStep
from leadsignal.models.preconditions import ANY_VERSION
from leadsignal.models.rules import RuleSet
from leadsignal.models.rulesets import RuleSetRequest
from leadsignal.runtime import scoring_wiring, wiring
from leadsignal.runtime.observability import logger
from leadsignal.services.rulesets import publish_ruleset
from tests.bench.emulator import emulator
from tests.bench.meter import Counts, Meter
from tests.bench.publish import PAGES, RULES
from tests.bench.recorded import page
from tests.bench.world import Ours, Request, account, at, furnish, metered, stopped_clock
from tests.fakes.clock import Clock
from tests.fakes.lambda_side import CONTEXT, sqs_event


def cost(leads: int) -> Mapping[str, Counts]:
    """Return what both publications cost, counted on the real handler."""
    warnings.filterwarnings("ignore", message="No application metrics to publish")
    logger.setLevel("WARNING")
    with emulator() as url:
        os.environ.update(account(url))
        raw = boto3.Session()
        names = furnish(raw)
        os.environ.update(names)
        meter = Meter(answers_bill=True)
        meter.know_tables({})
        boto3.setup_default_session()
        assert boto3.DEFAULT_SESSION is not None
        meter.attach(boto3.DEFAULT_SESSION)
        with stopped_clock() as clock:
            ours = Ours(meter, raw, names)
            tenant_id = _load(ours, clock, leads)
            return {
                "rules that count anew": _published(tenant_id, RULES, meter, clock),
                "other points": _published(
                    tenant_id, ({**RULES[0], "points": 9}, *RULES[1:]), meter, clock
                ),
            }


def _load(ours: Ours, clock: Clock, leads: int) -> str:
    """Make leads over the handlers, and return their tenant."""
    key = ours.tenant("publishes")
    for day, path in enumerate(PAGES):
        clock.now = at(day * 24 * 60)
        for number in range(leads):
            clock.now += timedelta(milliseconds=10)
            items = (page(f"visitor{number}", day, clock.now, path),)
            ours.post(Request(at=clock.now, items=items), key)
        ours.work()
    return ours._tenants[key]


def _published(
    tenant_id: str, rules: tuple[dict[str, Any], ...], meter: Meter, clock: Clock
) -> Counts:
    """Publish rules and return what their job used."""
    from functions.rescore import app

    clock.now += timedelta(hours=1)
    now, store = wiring.now(), wiring.rulesets(tenant_id)
    given = RuleSetRequest.model_validate({"name": "New", "rules": rules}).rules
    made = to_instant(now)
    draft = RuleSet(
        id=f"rs_{made}", name="New", version=0, status="draft", rules=rules_of(given),
        created_at=made, updated_at=made,
    )  # fmt: skip
    store.save(draft)
    press = scoring_wiring.press(tenant_id)
    ids = iter((f"{made}",))
    job = publish_ruleset(
        draft.id,
        demand=ANY_VERSION,
        press=press,
        new_id=lambda kind: f"{kind}_{next(ids)}",
        now=now,
    )
    step = JobStep(tenant_id=tenant_id, job_id=job.id).model_dump_json()
    clock.now += timedelta(minutes=2)
    printed = StringIO()
    with meter.counting() as counts, redirect_stdout(StringIO()):
        while scoring_wiring.jobs(tenant_id).get(job.id).status != "succeeded":  # type: ignore[union-attr]
            with metered(meter, "rescore", printed):
                app.handler(sqs_event(step), CONTEXT)
    return counts


def main() -> int:
    """Print the costs a lead."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.rescoring", description=__doc__)
    parser.add_argument("--leads", type=int, default=200)
    leads = parser.parse_args().leads
    print("| a lead | write units | read units | calls | ms of processor here |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, counts in cost(leads).items():
        used = (counts.write_units, counts.read_units, counts.all_calls, counts.cpu_seconds * 1e3)
        print(f"| {name} |", " | ".join(f"{each / leads:.2f}" for each in used), "|")
    return 0


if __name__ == "__main__":
    sys.exit(main())
