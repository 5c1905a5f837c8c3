"""Takes one guard after another out of a copy of the code, and sees that a test notices.

    python -m tests.proof.mutants [--jobs 2] [--only words of a guard]

Each mutant is a small replacement of text, and names the tests that are to catch it; what they let
pass is tried on the proofs of the whole path. The copy without any mutant must pass first. Ends
with status 1 when a mutant survives, when its text is not in the code any more, or when tests fail
for another reason than theirs: because they could not be loaded, set up or run to what they say.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from queue import Queue
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.proof import warm
from tests.template import ROOT

CORE = "layers/core/leadsignal"
COPIED = ("layers", "functions", "tests", "events", "local", "docs") + (
    "template.yaml",
    "pyproject.toml",
    "README.md",
)
LEFT_OUT = shutil.ignore_patterns(".*_cache", "bench-results")

FOLD = "tests/unit/test_fold_properties.py"
CONTRADICTED = (f"{FOLD}::test_an_event_that_contradicts_another_holds_up_nobody",)
IDENTITY = ("tests/unit/test_identity.py",)
GUARDS = ("tests/proof/test_guards.py",)
EDITS = ("tests/unit/test_edits.py",)
INTERRUPTED = ("tests/proof/test_interrupted.py",)
SMALL_SOAK = ("tests/proof/test_soak.py",)
WIDER = (*GUARDS, *INTERRUPTED, *SMALL_SOAK, "tests/proof/test_sweep.py")


def deletion(test: str) -> tuple[str, ...]:
    """Return a test of deletions by its name."""
    return (f"tests/unit/test_deletion.py::test_{test}",)


def sweep(test: str) -> tuple[str, ...]:
    """Return a test of the sweep by its name."""
    return (f"tests/unit/test_sweep.py::test_{test}",)


class Mutant(NamedTuple):
    """A guard, and its code without it."""

    guard: str
    path: str
    code: str
    without: str
    tests: tuple[str, ...]

    @property
    def file(self) -> str:
        """Where the guard is, from the root."""
        return f"{CORE}/{self.path}"


def unit(*names: str) -> tuple[str, ...]:
    """Return the paths of unit tests."""
    return tuple(f"tests/unit/test_{name}.py" for name in names)


def whole(*names: str) -> tuple[str, ...]:
    """Return the paths of integration tests."""
    return tuple(f"tests/integration/test_{name}.py" for name in names)


MUTANTS = (
    # ──── models ────
    Mutant(
        "a lead is learned from as it was before its outcome",
        "services/training.py",
        "at = max(outcome.at - 1, _began(lead))",
        "at = now",
        unit("training"),
    ),
    Mutant(
        "a model that is no better than chance has no weights",
        "domain/model/training.py",
        "if measures.auc_low <= 1 / 2:",
        "if measures.auc_low < 0:",
        unit("model_training"),
    ),
    Mutant(
        "a model that is worse than what runs does not run",
        "domain/model/training.py",
        "worse = mine.auc < theirs.auc or off > others_off",
        "worse = False",
        unit("model_training"),
    ),
    Mutant(
        "better is more than chance would give",
        "domain/model/training.py",
        "better=not worse and gain >= ONE_SIDED,",
        "better=not worse,",
        unit("model_training"),
    ),
    Mutant(
        "a rejected model is not promoted by hand",
        "services/models.py",
        "if model.verdict in _NEVER_RUN:",
        "if False:",
        unit("training"),
    ),
    Mutant(
        "a promotion does not lose another change of the account",
        "services/training.py",
        "with suppress(ConflictError):\n            school.settings.save(",
        "with suppress(ValueError):\n            school.settings.save(",
        unit("training"),
    ),
    Mutant(
        "weights are in the order that is wished for",
        "domain/model/fit.py",
        "while pools and pools[-1][0] > aim:",
        "while False:",
        unit("model_learning"),
    ),
    # ──── deals ────
    Mutant(
        "a lead that changed meanwhile is not named in a deal",
        "adapters/dynamodb/deals.py",
        "actions: list[Action] = [put, *checks]",
        "actions: list[Action] = [put]",
        unit("deals"),
    ),
    Mutant(
        "a link to a deal is there before the deal",
        "adapters/dynamodb/deals.py",
        "self._table.write_many([self._link(saved, lead_id) for lead_id in names])",
        "pass",
        unit("deals"),
    ),
    Mutant(
        "a link is not believed that the deal knows nothing of",
        "adapters/dynamodb/deals.py",
        "if named.intersection(deal.lead_ids)",
        "if named",
        unit("deals"),
    ),
    Mutant(
        "a deal that named a lead after its deletion keeps it",
        "services/deals.py",
        "if link is None or link.at > until:",
        "if link is None:",
        unit("deals"),
    ),
    Mutant(
        "a lead that is deleted is taken out of its deals",
        "services/deletion.py",
        "leave_deals(slot, until=tombstone.at, deals=desk.deals, now=now)",
        "pass",
        unit("deals"),
    ),
    Mutant(
        "what was closed stays closed as it was when the same is said again",
        "domain/deals.py",
        'same = before is not None and before.outcome == fields["outcome"]',
        "same = False",
        unit("deals"),
    ),
    Mutant(
        "a lead is not lost while a deal is open",
        "domain/outcomes.py",
        "if lost and len(lost) == len(known)",
        "if lost",
        unit("outcomes"),
    ),
    Mutant(
        "what is said of a lead goes before its deals",
        "domain/outcomes.py",
        "profile.outcome or _of_deals(deals) or",
        "_of_deals(deals) or profile.outcome or",
        unit("outcomes"),
    ),
    Mutant(
        "who does not read deals is not told what they are worth",
        "runtime/outcome_routes.py",
        'caller(router).may("deals:read")',
        "True",
        ("tests/integration/test_deals_api.py::test_deals_need_their_own_scope",),
    ),
    # ──── storage: conditions ────
    Mutant(
        "rules that are published hold for the next batch of events",
        "services/ingest.py",
        "run.beside(snapshot)",
        "run",
        (
            "tests/integration/test_scoring_api.py"
            "::test_events_are_scored_by_new_rules_at_once_whatever_a_worker_remembers",
        ),
    ),
    Mutant(
        "what is published now is read as it is now",
        "adapters/dynamodb/config.py",
        "item = self._table.get(keys.tenant(tenant_id), consistent=True)",
        "item = self._table.get(keys.tenant(tenant_id))",
        ("tests/unit/test_cached.py::test_what_a_tenant_is_now_no_late_read_says_otherwise",),
    ),
    Mutant(
        "sums of points are what people get when they add them up",
        "domain/scoring.py",
        "return round(fsum(points), EXACT_DIGITS)",
        "return sum(points)",
        ("tests/unit/test_score_reference.py::test_sums_are_rounded_as_people_add_them_up",),
    ),
    Mutant(
        "a job ends, however many leads come while it goes on",
        "services/rescore.py",
        "bounds = Bounds(greatest=job.created_at + LATEST_MS)",
        "bounds = UNBOUNDED",
        ("tests/unit/test_rescore.py::test_a_job_does_not_run_after_leads_that_came_after_it",),
    ),
    Mutant(
        "a job whose rules are not those any more ends",
        "services/rescore.py",
        'if (subject["ruleset_id"], subject["version"]) == (published.id, str(published.version)):',
        "if True:",
        ("tests/unit/test_rescore.py::test_a_job_ends_when_other_rules_were_published_meanwhile",),
    ),
    Mutant(
        'a segment does not depend on itself by way of another',
        'domain/segments.py',
        'if _leads_to(value, own, uses):',
        'if False:',
        ('tests/unit/test_segments.py::test_a_segment_can_name_others_that_are_there_and_do_not_lead_back_to_it',),
    ),
    Mutant(
        'segments are decided after those that they name',
        'domain/segments.py',
        'for used in sorted(ready[segment_id].uses & ready.keys()):',
        'for used in ():',
        ('tests/unit/test_segments.py::test_segments_are_decided_after_those_that_they_name',),
    ),
    Mutant(
        'a lead of crawlers is in no segment',
        'domain/segments.py',
        '        if lead.profile.is_bot:\n            return ()',
        '        if False:\n            return ()',
        ('tests/unit/test_segments.py::test_a_lead_of_crawlers_is_in_no_segment_and_never_comes_into_one',),
    ),
    Mutant(
        'segments do not make leads too large by what they count',
        'domain/segments.py',
        'if kept > MAX_KEPT:',
        'if False:',
        ('tests/unit/test_segments.py::test_all_segments_together_count_so_much_and_no_more',),
    ),
    Mutant(
        'of a deleted segment nobody is told to leave',
        'domain/facts.py',
        'now.segments.keys() - set(now.dropped)):',
        'now.segments.keys()):',
        ('tests/unit/test_facts.py::test_of_a_segment_that_is_deleted_nobody_is_told_to_leave',),
    ),
    Mutant(
        'each fact of a segment has an id of its own',
        'domain/facts.py',
        '(*parts, data.segment_id) if data.segment_id else parts',
        'parts',
        ('tests/unit/test_facts.py::test_the_facts_of_each_lead_are_numbered_without_gaps_and_named_once',),
    ),
    Mutant(
        'a merged person is in a segment since either was',
        'services/cluster_changes.py',
        'since[segment_id] = min(at, since.get(segment_id, at))',
        'since.setdefault(segment_id, at)',
        ('tests/unit/test_merges.py::test_a_merged_person_is_in_a_segment_since_either_of_them_was',),
    ),
    Mutant(
        'a job whose segment has another one ends',
        'services/rescore.py',
        'if segment is not None and segment.job_id == job.id:',
        'if True:',
        ('tests/unit/test_rescore.py::test_a_job_whose_segment_has_another_one_or_is_gone_ends',),
    ),
    Mutant(
        'a lead is due for a segment that it will come into',
        'services/commit.py',
        'return lead.due == due_of(fields, score, book, told=told, stored=lead.due, now=now)',
        'return True',
        ('tests/unit/test_rescore.py::test_a_lead_that_will_come_into_a_segment_by_itself_is_due_for_it',),
    ),
    Mutant(
        'an entry that its lead does not know is not shown',
        'adapters/dynamodb/lead_lists.py',
        'if lead is not None and lead.entries.segments.get(segment_id) == entry.since:',
        'if True:',
        ('tests/unit/test_rescore.py::test_entries_that_no_lead_knows_of_are_shown_to_nobody_and_go_with_the_segment',),
    ),
    Mutant(
        'a segment that others name is not deleted',
        'services/segments.py',
        '        if users:',
        '        if False:',
        ('tests/integration/test_segments_api.py::test_a_segment_that_others_name_stays',),
    ),
    Mutant(
        "a rule set that leads are scored by is not deleted",
        "services/rulesets.py",
        "if found.published_version is not None:",
        "if False:",
        (
            "tests/integration/test_scoring_api.py"
            "::test_publishing_another_set_archives_the_one_before_and_cancels_its_job",
        ),
    ),
    Mutant(
        "a score waits until the lead's days say all that the rules count",
        "services/commit.py",
        "if not is_ready(lead, book.rules):\n        kept",
        "if False:\n        kept",
        (
            "tests/unit/test_marks.py"
            "::test_who_cannot_read_days_leaves_a_score_as_it_is_until_they_were_read",
        ),
    ),
    Mutant(
        "summaries from before the rules are made anew from their days",
        "services/cluster_shares.py",
        "        self._complete_marks()\n",
        "",
        (
            "tests/unit/test_marks.py"
            "::test_a_lead_from_before_the_rules_is_filled_from_its_days_at_its_next_event",
        ),
    ),
    Mutant(
        "more instants than were kept are not taken for all",
        "domain/conditions/selectors.py",
        "(mark.more == 0 or len(mark.at) >= (selector.keep or 0))",
        "True",
        (
            "tests/unit/test_marks.py"
            "::test_rules_that_need_more_instants_than_were_kept_have_the_days_read_again",
        ),
    ),
    Mutant(
        "the clocks' changes are among the instants at which a window can move",
        "domain/conditions/changes.py",
        "found.update(at for each in jumps for at in each if at <= last)",
        "pass",
        ("tests/unit/test_changes.py",),
    ),
    Mutant(
        "a day is put in place of the version that was read",
        "adapters/dynamodb/activity.py",
        "if_version=None if first else before.version,",
        "if_version=None,",
        ("tests/integration/test_store_contract.py::test_a_day_saved_over_another_version_conflicts",),
    ),
    Mutant(
        "a new day is put only where there is none",
        "adapters/dynamodb/activity.py",
        "if_absent=first,",
        "if_absent=False,",
        ("tests/integration/test_store_contract.py::test_a_day_saved_over_another_version_conflicts",),
    ),
    Mutant(
        "a lead is put in place of the version that was read",
        "adapters/dynamodb/leads.py",
        "if_version=None if first else slot.version - 1,",
        "if_version=None,",
        ("tests/integration/test_store_contract.py::test_a_save_over_another_version_conflicts",),
    ),
    Mutant(
        "a new lead is put only where there is none",
        "adapters/dynamodb/leads.py",
        "if_absent=first,",
        "if_absent=False,",
        ("tests/integration/test_store_contract.py::test_a_save_over_another_version_conflicts",),
    ),
    Mutant(
        "a link is put only where there is nothing",
        "adapters/dynamodb/leads.py",
        "self.table.put(link)",
        "link.condition = {}\n            self.table.put(link)",
        ("tests/integration/test_store_contract.py::test_a_link_takes_an_empty_slot_only",),
    ),
    Mutant(
        "peers that decided, too, are checked in the transaction",
        "adapters/dynamodb/leads.py",
        "checks = [Check(self.key(lead_id), version) for lead_id, version in change.checks]",
        "checks: list[Check] = []",
        ("tests/integration/test_store_contract.py::test_a_change_is_done_whole_or_not_at_all",),
    ),
    Mutant(
        "a lead that did not change but decided is among the checks",
        "services/cluster_changes.py",
        "checks.append((lead.lead_id, lead.version))",
        "pass",
        ("tests/proof/test_guards.py::test_a_lead_that_decided_must_not_have_changed_though_it_stays_as_it_is",),
    ),
    Mutant(
        "the record of a messageId is pinned once",
        "adapters/dynamodb/activity.py",
        'self.table.put(Put(key, {"data": record.model_dump_json()}, if_absent=True))',
        'self.table.put(Put(key, {"data": record.model_dump_json()}))',
        ("tests/integration/test_store_contract.py::test_a_record_is_pinned_once",),
    ),
    Mutant(
        "a delivery is put in place of the version that was read",
        "adapters/dynamodb/deliveries.py",
        "return Put(key, item, if_absent=version == 0, if_version=version or None)",
        "return Put(key, item)",
        ("tests/integration/test_outbound_stores.py::test_a_stale_delivery_is_not_saved",),
    ),
    Mutant(
        "an endpoint is put in place of the version that was read",
        "adapters/dynamodb/endpoints.py",
        "if_version=endpoint.version or None,",
        "if_version=None,",
        ("tests/integration/test_outbound_stores.py::test_a_stale_endpoint_is_not_saved",),
    ),
    Mutant(
        "keys left unprocessed are asked for again",
        "adapters/dynamodb/table.py",
        'request = answer.get("UnprocessedKeys") or {}',
        "request = {}",
        ("tests/integration/test_storage_errors.py::test_keys_that_storage_left_unread_are_asked_for_again",),
    ),
    Mutant(
        "items left unwritten are written again",
        "adapters/dynamodb/table.py",
        'request = answer.get("UnprocessedItems")',
        "request = {}",
        ("tests/integration/test_failures_contract.py::test_items_that_storage_leaves_are_written_again",),
    ),
    Mutant(
        "after a conflict reads are consistent",
        "services/ingest.py",
        "snapshot = _load(group, run, consistent=True)",
        "snapshot = _load(group, run)",
        ("tests/proof/test_guards.py::test_after_a_conflict_the_newest_state_is_read",),
    ),
    # ──── lists and companies ────
    Mutant(
        "a company is on file before its lead",
        "adapters/dynamodb/leads.py",
        "        self.found(change.settled)\n",
        "",
        ("tests/unit/test_founding.py::test_the_first_lead_of_a_company_puts_it_on_file",),
    ),
    Mutant(
        "a company is founded only where there is none",
        "adapters/dynamodb/leads.py",
        "self.table.put(self._company(company, if_absent=True))",
        "self.table.put(self._company(company))",
        ("tests/unit/test_founding.py::test_whoever_founds_a_company_at_the_same_time_changes_nothing",),
    ),
    Mutant(
        "a company is put in place of the version that was read",
        "adapters/dynamodb/leads.py",
        "version = None if new else company.version",
        "version = None",
        whole("store_contract"),
    ),
    Mutant(
        "a look-up is paid for by who holds its lease alone",
        "services/flights.py",
        "hit=held.hit and is_kept",
        "hit=held.hit",
        ("tests/unit/test_waterfall.py::test_an_answer_that_comes_after_its_lease_is_kept_but_not_paid_for",),
    ),
    Mutant(
        "nobody is asked about an address that is not public",
        "services/lookups.py",
        "sources=sources if self._is_public() else (),",
        "sources=sources,",
        ("tests/unit/test_waterfall.py::test_nobody_is_asked_for_an_address_that_is_not_public",),
    ),
    Mutant(
        "what is not sure enough is not believed",
        "domain/company_records.py",
        "    return confidence >= provider.min_confidence",
        "    return confidence >= 0",
        ("tests/unit/test_waterfall.py::test_who_is_not_sure_enough_is_not_believed_and_not_paid",),
    ),
    Mutant(
        "who failed is left alone for a while",
        "services/waterfall.py",
        "        return [provider for provider in todo if provider.id not in failed]",
        "        return todo",
        ("tests/unit/test_waterfall.py::test_who_failed_a_moment_ago_is_asked_by_nobody_else_either",),
    ),
    Mutant(
        "schools are in no list of companies",
        "adapters/dynamodb/leads.py",
        "if company.is_company and company.has_leads:",
        "if company.has_leads:",
        unit("founding"),
    ),
    Mutant(
        "the cursor of a filtered list is good for its filter alone",
        "services/search.py",
        "&filter={digest(condition)}",
        "",
        ("tests/unit/test_search.py::test_a_cursor_is_good_for_its_filter_and_order_alone",),
    ),
    Mutant(
        "a request looks at so many leads and no more",
        "services/search.py",
        "examined >= self.most",
        "False",
        ("tests/unit/test_search.py::test_a_page_ends_when_enough_was_looked_at_and_the_next_goes_on",),
    ),
    Mutant(
        "a request looks at one lead at least",
        "services/search.py",
        "(examined and tired)",
        "tired",
        ("tests/unit/test_search.py::test_a_page_ends_when_it_takes_too_long_but_never_without_going_further",),
    ),
    Mutant(
        "what a scanner did is not done by anybody",
        "services/behaviour.py",
        "and event.message_id not in caught",
        "",
        ("tests/unit/test_search.py::test_crawlers_and_scanners_have_done_nothing",),
    ),
    Mutant(
        "on a shared browser everybody has done their own",
        "services/behaviour.py",
        "return self._own.of(found)",
        "return list(found)",
        ("tests/unit/test_search.py::test_on_a_shared_browser_everybody_has_done_their_own",),
    ),
    Mutant(
        "a crawler is not found by an address",
        "services/search.py",
        "if profile.is_bot:",
        "if False:",
        ("tests/unit/test_search.py::test_a_crawler_that_names_an_address_is_not_found_by_it",),
    ),
    Mutant(
        "a truth is not a number",
        "domain/conditions/evaluate.py",
        """        return ("bool", value)""",
        """        return ("number", value)""",
        ("tests/unit/test_conditions.py::test_each_operator_says_what_it_is_to_say",),
    ),
    Mutant(
        "conditions are at most so deep",
        "domain/conditions/parse.py",
        "if depth > MAX_DEPTH:",
        "if False:",
        ("tests/unit/test_conditions.py::test_depth_counts_combinators_and_the_leaf",),
    ),
    Mutant(
        "conditions have at most so many nodes",
        "domain/conditions/parse.py",
        "if next(self._nodes) > MAX_NODES:",
        "if next(self._nodes) < 0:",
        ("tests/unit/test_conditions.py::test_a_condition_of_201_nodes_is_refused",),
    ),
    # ──── the fold ────
    Mutant(
        "an event in a closed part of its day is known",
        "domain/activity.py",
        "there = kept.get(event.message_id) or day.sealed.get(event.message_id)",
        "there = kept.get(event.message_id)",
        ("tests/unit/test_activity.py::test_of_contradicting_events_the_one_received_first_stays",),
    ),
    Mutant(
        "of two contents of one messageId the one received first stays",
        "domain/activity.py",
        "ordered = sorted((one, other), key=_arrival)",
        "ordered = [one, other]",
        ("tests/unit/test_activity.py::test_of_contradicting_events_the_one_received_first_stays",),
    ),
    Mutant(
        "contents of one messageId are compared",
        "domain/activity.py",
        "if winner.fingerprint != loser.fingerprint:",
        "if False:",
        ("tests/unit/test_activity.py::test_of_contradicting_events_the_one_received_first_stays",),
    ),
    Mutant(
        "an event that lost to another tells nothing",
        "services/ingest.py",
        "if copy is not None and copy.fingerprint == event.fingerprint:",
        "if copy is not None:\n            copy = event",
        ("tests/unit/test_fold_properties.py::test_an_event_that_contradicts_another_holds_up_nobody",),
    ),
    Mutant(
        "an event without a time is pinned to its first arrival",
        "services/ingest.py",
        "timeless = event.client_at is None and not event.minted",
        "timeless = False",
        ("tests/unit/test_fold_properties.py::test_an_event_without_a_time_happened_when_it_first_arrived",),
    ),
    Mutant(
        "a lead that does not fit is given up, and its events kept",
        "adapters/dynamodb/leads.py",
        "if len(packed) > MAX_LEAD_BYTES:",
        "if False:",
        ("tests/proof/test_guards.py::test_events_that_their_lead_cannot_hold_are_kept_and_hold_up_nobody",),
    ),
    Mutant(
        "no summary is made of a day that was read before its last write",
        "services/summaries.py",
        "if day in known and known[day].version > version:",
        "if False:",
        ("tests/unit/test_old_days.py::test_a_day_that_is_older_than_what_its_lead_knows_is_read_again",),
    ),
    Mutant(
        "an event that a worker left half done is no evidence yet",
        "services/cluster_shares.py",
        "if self._is_evidence(slot, event):",
        "if True:",
        ("tests/proof/test_interrupted.py::test_what_failed_half_way_and_comes_again_much_later_is_as_if_it_came_once",),
    ),
    Mutant(
        "a day that a worker left half done is in no month yet",
        "services/summaries.py",
        " and after.reaches(parts[block])",
        "",
        ("tests/proof/test_interrupted.py::test_what_failed_half_way_and_comes_again_much_later_is_as_if_it_came_once",),
    ),
    Mutant(
        "a crawler's events teach nothing",
        "domain/members.py",
        "if event.bot is not None",
        "if False",
        ("tests/unit/test_members.py::test_a_crawler_teaches_nothing",),
    ),
    Mutant(
        "of two values of a trait the later one is the last",
        "domain/profiles.py",
        "last = max(one, other, key=lambda t: t.last_by.order)",
        "last = other",
        ("tests/unit/test_members.py::test_the_first_and_the_last_value_of_a_trait_are_kept",),
    ),
    Mutant(
        "of two words on consent the stricter counts",
        "domain/profiles.py",
        "allowed[purpose] = allowed.get(purpose, True) and consent.allowed",
        "allowed[purpose] = consent.allowed",
        ("tests/unit/test_profiles.py::test_consent_over_members_is_the_stricter",),
    ),
    Mutant(
        "a browser sets no server-only trait",
        "domain/members.py",
        "return cut if event.trusted else _sayable(cut)",
        "return cut",
        ("tests/unit/test_members.py::test_rule_5_a_browser_cannot_set_what_only_a_server_may_say",),
    ),
    # ──── identity ────
    Mutant(
        "two known persons are joined on a trusted word only",
        "domain/identity.py",
        "if not new:\n",
        "if False:\n",
        ("tests/unit/test_identity.py::test_two_known_persons_are_joined_on_a_trusted_word_only",),
    ),
    Mutant(
        "what trusted senders said is decided first",
        "domain/identity.py",
        "self._take(link, link.trusted, trusted=True)",
        "pass",
        ("tests/unit/test_identity.py::test_two_known_persons_are_joined_on_a_trusted_word_only",),
    ),
    Mutant(
        "two user ids are never one person",
        "domain/identity.py",
        'if kinds.count("user_id") > ',
        "if 0 > ",
        ("tests/unit/test_identity.py::test_different_user_ids_or_crm_ids_are_never_joined",),
    ),
    Mutant(
        "two CRM ids are never one person",
        "domain/identity.py",
        'if kinds.count("crm_id") > ',
        "if 0 > ",
        ("tests/unit/test_identity.py::test_different_user_ids_or_crm_ids_are_never_joined",),
    ),
    Mutant(
        "a person has so many e-mails at most",
        "domain/identity.py",
        'if kinds.count("email") > ',
        "if 0 > ",
        ("tests/unit/test_identity.py::test_a_person_has_five_e_mails_and_no_sixth",),
    ),
    Mutant(
        "a second e-mail on a browser is a second person",
        "domain/identity.py",
        "elif same_browser and self._kinds(one) & self._kinds(other):",
        "elif False:",
        ("tests/unit/test_identity.py::test_what_is_done_while_logged_in_is_that_persons",),
    ),
    Mutant(
        "from a second log-in on a browser is shared",
        "domain/identity.py",
        "if (cut := next(others, None)) is not None:",
        "if (cut := next(others, None)) is not None and not cut:",
        IDENTITY,
    ),
    Mutant(
        "what was undone stays apart",
        "domain/identity.py",
        'return "undone"',
        "return None",
        unit("merges", "identity"),
    ),
    Mutant(
        "an undone decision stays undone whoever remembers it otherwise",
        "services/clusters.py",
        "if there is None or decision.undone:",
        "if there is None:",
        ("tests/proof/test_guards.py::test_of_two_memories_of_a_decision_the_undone_one_counts",),
    ),
    Mutant(
        "a cluster has so many leads at most",
        "services/parts.py",
        "if first != second and together > MAX_LEADS:",
        "if False:",
        ("tests/proof/test_guards.py::test_no_more_leads_than_the_limit_decide_together",),
    ),
    Mutant(
        "severed sightings are no evidence",
        "domain/evidence.py",
        "if not sighting.severed:",
        "if True:",
        (*GUARDS, *unit("clusters")),
    ),
    Mutant(
        "only strong identifiers are vouched for by a signature",
        "domain/evidence.py",
        "return event.trusted or (event.signed and identifier.strong)",
        "return event.trusted or event.signed",
        ("tests/proof/test_guards.py::test_a_signature_says_nothing_of_browsers",),
    ),
    Mutant(
        "a signature is verified",
        "domain/signatures.py",
        "return hmac.compare_digest(sign(secret, text), given)",
        "return True",
        ("tests/unit/test_signatures.py::test_each_tenant_has_a_secret_of_its_own",),
    ),
    Mutant(
        "a signature expires",
        "domain/signatures.py",
        "or (expires and now >= int(expires) * 1_000)",
        "",
        ("tests/unit/test_signatures.py::test_a_signature_is_good_until_the_second_it_expires",),
    ),
    # ──── tenants ────
    Mutant(
        "records of a messageId are a tenant's own",
        "adapters/dynamodb/keys.py",
        'return Key(f"T#{tenant_id}#E#{message_hash}", "EVENT")',
        'return Key(f"T#all#E#{message_hash}", "EVENT")',
        ("tests/proof/test_guards.py::test_one_message_id_is_two_events_of_two_tenants",),
    ),
    Mutant(
        "failed events are a tenant's own",
        "adapters/dynamodb/keys.py",
        'return Key(f"T#{tenant_id}#FAILED_AT", position)',
        'return Key(f"T#all#FAILED_AT", position)',
        ("tests/proof/test_soak.py::test_every_invariant_holds_after_a_storm_of_faults",),
    ),
    Mutant(
        "endpoints are a tenant's own",
        "adapters/dynamodb/keys.py",
        'return Key(f"T#{tenant_id}#ENDPOINT", endpoint_id)',
        'return Key(f"T#all#ENDPOINT", endpoint_id)',
        ("tests/proof/test_guards.py::test_each_tenant_has_endpoints_of_its_own",),
    ),
    Mutant(
        "leads are a tenant's own",
        "adapters/dynamodb/keys.py",
        'return f"T#{tenant_id}"\n\n\ndef by_score',
        'return "T#all"\n\n\ndef by_score',
        ("tests/proof/test_guards.py::test_each_tenant_has_a_list_of_its_own",),
    ),
    Mutant(
        "ids of slots follow from the tenant's key",
        "domain/slots.py",
        'return opaque_id("lead", key, identifier.kind, value)',
        'return opaque_id("lead", b"", identifier.kind, value)',
        ("tests/proof/test_guards.py::test_the_slots_of_equal_ids_differ_from_tenant_to_tenant",),
    ),
    Mutant(
        "a share is divided anew when clusters that were apart meet",
        "services/cluster_shares.py",
        "before = self._divided[owner.lead_id]",
        "before = self._before",
        ("tests/unit/test_fold_properties.py::test_clusters_that_a_second_worker_left_apart_are_divided_anew_when_they_meet",),
    ),
    # ──── what is deleted ────
    Mutant(
        "a lead is deleted in the version that was asked for only",
        "services/deletion.py",
        "precondition.check(slot.version)",
        "pass",
        ("tests/unit/test_deletion.py::test_a_lead_in_another_version_is_not_deleted",),
    ),
    Mutant(
        "of a cluster only the events of the deleted lead go",
        "services/deletion.py",
        "return lambda event: resolution.place(event) in blocks",
        "return lambda event: True",
        ("tests/unit/test_deletion.py::test_of_a_shared_browser_only_the_events_of_the_deleted_lead_go",),
    ),
    Mutant(
        "whoever removes events looks whether they are still to be removed",
        "adapters/dynamodb/activity.py",
        "        still()\n",
        "",
        ("tests/unit/test_deletion.py::test_events_that_arrive_meanwhile_are_deleted_or_make_a_new_lead",),
    ),
    Mutant(
        "ingest finishes a deletion that it meets",
        "services/deletion.py",
        "if isinstance(held, Tombstone) and not held.at_rest",
        "if False",
        ("tests/unit/test_deletion.py::test_a_deletion_that_breaks_off_is_completed_by_ingest",),
    ),
    Mutant(
        "a new lead goes on from the numbers of the deleted one",
        "services/cluster_slots.py",
        "return rest.begun() if rest is not None else Lead(lead_id=lead_id)",
        "return Lead(lead_id=lead_id)",
        ("tests/unit/test_deletion.py::test_a_later_event_of_the_same_browser_makes_a_new_lead_with_nothing_of_the_old",),
    ),
    Mutant(
        "decisions about a deleted lead are forgotten",
        "services/deletion.py",
        "tuple(decision for decision in decisions if _stands(decision, cluster))",
        "decisions",
        ("tests/unit/test_deletion.py::test_decisions_about_a_deleted_lead_are_forgotten",),
    ),
    Mutant(
        "a slot that is only an identifier's is the id of no lead",
        "services/deletion.py",
        "if isinstance(slot, Pointer) and slot.was is None:",
        "if False:",
        ("tests/unit/test_deletion.py::test_the_slot_of_an_identifier_is_the_id_of_no_lead",),
    ),
    # ──── what is said of leads ────
    Mutant(
        "an edit demands the version that was asked for",
        "services/edits.py",
        "precondition.check(lead.version)",
        "pass",
        ("tests/unit/test_edits.py::test_a_precondition_is_checked_on_what_is_written_over",),
    ),
    Mutant(
        "an edit writes its day and its leads together",
        "adapters/dynamodb/edits.py",
        "beside.append((self._activity.table, self._activity.day_put(before, stored)))",
        "self._activity.table.put(self._activity.day_put(before, stored))",
        ("tests/integration/test_store_contract.py::test_an_edit_of_which_a_part_is_stale_writes_nothing",),
    ),
    Mutant(
        "a statement that is stored is not said again",
        "services/edits.py",
        "event = read.before.find(self._message_id)",
        "event = None",
        (f"{EDITS[0]}::test_an_edit_that_is_sent_again_does_not_overrule_what_was_said_since",),
    ),
    Mutant(
        "a lead is not given what another lead has",
        "services/edits.py",
        "self._check_taken(read.snapshot, lead)",
        "pass",
        ("tests/unit/test_edits.py::test_an_identifier_that_became_anothers_meanwhile_is_refused",),
    ),
    Mutant(
        "an industry that is not in the list is refused",
        "domain/lead_input.py",
        'self._take("industry", industry_name, "company.")',
        'self._take("industry", tidy, "company.")',
        ("tests/unit/test_lead_input.py::test_what_cannot_be_read_is_refused",),
    ),
    Mutant(
        "a size class that is said makes no number",
        "domain/companies.py",
        'said["employee_count"] = None',
        "pass",
        ("tests/unit/test_companies.py::test_number_and_size_class_of_a_company_agree",),
    ),
    Mutant(
        "a phone that cannot be read is not shown",
        "domain/profiles.py",
        "return next((e for text in numbers if (e := e164_of(text, countries=countries))), None)",
        "return numbers[0]",
        ("tests/unit/test_profiles.py::test_a_phone_is_shown_as_e164_or_not_at_all_and_the_trait_stays",),
    ),
    Mutant(
        "values in conditions are read as those of fields",
        "domain/conditions/parse.py",
        "values = tuple(as_kept(field, value) for value in values)",
        "pass",
        ("tests/unit/test_conditions.py::test_values_are_compared_in_the_form_in_which_fields_hold_them",),
    ),
    Mutant(
        "what did not become the lead's own is refused",
        "services/edits.py",
        "if problems := self._refused(outcome, lead):",
        "if problems := ():",
        EDITS,
    ),
    Mutant(
        "a statement is later than those before",
        "services/edits.py",
        "at = max(at, profile.updated_by.by.at + 1)",
        "pass",
        EDITS,
    ),
    Mutant(
        "a lead that changed between two reads is read again",
        "services/edits.py",
        'raise ConflictError("the lead changed since it was read")',
        "pass",
        EDITS,
    ),
    Mutant(
        "the last word stands",
        "domain/statements.py",
        "choose = min if path == CREATED else max",
        "choose = min",
        ("tests/unit/test_statements.py::test_a_value_said_stands_whatever_events_say_later",),
    ),
    Mutant(
        "a statement is in no summary",
        "services/summaries.py",
        "if not event.is_statement:",
        "if True:",
        ("tests/unit/test_statements.py::test_a_day_of_statements_alone_has_no_summary",),
    ),
    Mutant(
        "likenesses are hashed with the tenant's key",
        "domain/likeness.py",
        'digest = hmac.digest(key, "',
        'digest = hmac.digest(b"", "',
        unit("likeness"),
    ),
    Mutant(
        "likenesses of tenants are apart",
        "adapters/dynamodb/keys.py",
        'return f"T#{tenant_id}#{hashed}"',
        "return hashed",
        ("tests/integration/test_store_contract.py::test_leads_are_found_by_what_they_have_in_common",),
    ),
    Mutant(
        "a pair that somebody declined is not pointed at again",
        "services/duplicates.py",
        "and not kept_apart(lead, other.lead)",
        "",
        ("tests/integration/test_duplicates_api.py::test_a_pair_that_somebody_declined_is_not_pointed_at_again",),
    ),
    # ──── e-mail ────
    Mutant(
        "a resolver that does not know the root condemns no domain",
        "adapters/dns.py",
        'return "no" if self._is_believed(deadline) else "unknown"',
        'return "no"',
        ("tests/unit/test_mail_exchange.py::test_a_resolver_without_a_way_out_is_not_believed",),
    ),
    Mutant(
        "what was found of one address says nothing of another",
        "domain/profiles.py",
        "check is not None and check.email == email else None",
        "check is not None else None",
        ("tests/unit/test_mail_checks.py::test_what_was_found_of_one_address_says_nothing_of_another",),
    ),
    Mutant(
        "a check that comes late is not of another address",
        "services/mail_checks.py",
        "profile.email is None or wanted != domain",
        "profile.email is None",
        ("tests/unit/test_mail_checks.py::test_a_lead_whose_address_changed_meanwhile_is_left_alone",),
    ),
    Mutant(
        "no alert of a lead that cannot be reached",
        "services/alert.py",
        "or not lead.reachable ",
        "",
        ("tests/unit/test_alert.py::test_no_alert_is_sent_of_a_lead_that_cannot_be_reached",),
    ),
    # ──── failed events ────
    Mutant(
        "what was refused at the door is kept",
        "services/ingest.py",
        "failures.keep_rejections(sent, key=desk.identity_key, failures=desk.failures, now=now)",
        "pass",
        GUARDS,
    ),
    Mutant(
        "what contradicts is kept",
        "services/ingest.py",
        "for conflict in fold.conflicts:",
        "for conflict in ():",
        CONTRADICTED,
    ),
    Mutant(
        "a failure that is kept already stays as it is",
        "adapters/dynamodb/failures.py",
        "new = [each for each in by_id.values() if each.id not in held]",
        "new = list(by_id.values())",
        (*whole("failures_contract"), *unit("failures")),
    ),
    Mutant(
        "a failure that fails again after its replay waits again",
        "adapters/dynamodb/failures.py",
        'self._set(row.id, "failed_at", max(again, row.replayed_at + 1))',
        "pass",
        ("tests/integration/test_failures_contract.py::test_a_replay_is_marked_and_a_failure_after_it_too",),
    ),
    Mutant(
        "a failure has a place in time before it has a row",
        "adapters/dynamodb/failures.py",
        "self._table.write_many([entry for each in put for entry in self._entries(each)])\n"
        "        self._table.write_many([self._row(each) for each in put])",
        "self._table.write_many([self._row(each) for each in put])\n"
        "        self._table.write_many([entry for each in put for entry in self._entries(each)])",
        ("tests/integration/test_failures_contract.py::test_a_crash_between_the_writes_shows_nothing_and_is_made_good",),
    ),
    Mutant(
        "a message that the queue did not take is noticed",
        "adapters/sqs.py",
        'if failed := answer.get("Failed"):',
        'if (failed := answer.get("Failed")) and not failed:',
        whole("queue"),
    ),
    Mutant(
        "a fact that the bus did not take is noticed",
        "adapters/eventbridge.py",
        'if failed := answer["FailedEntryCount"]:',
        'if (failed := answer["FailedEntryCount"]) < 0:',
        GUARDS,
    ),
    # ──── facts and what follows ────
    Mutant(
        "a write that makes facts is marked as news",
        "adapters/dynamodb/leads.py",
        "if settled.news:",
        "if False:",
        ("tests/integration/test_ingest_path.py::test_a_visitor_who_sends_a_form_is_one_lead_explained_to_the_point",),
    ),
    Mutant(
        "a write that makes no facts is not",
        "adapters/dynamodb/leads.py",
        "if settled.news:",
        "if True:",
        ("tests/integration/test_store_contract.py::test_the_stream_tells_only_of_writes_that_made_facts",),
    ),
    Mutant(
        "a fact has the same id whenever it is told",
        "domain/facts.py",
        "digest = hashlib.sha256(text.encode())",
        'digest = hashlib.sha256(f"{text}{id(data)}".encode())',
        ("tests/unit/test_facts.py::test_the_facts_of_each_lead_are_numbered_without_gaps_and_named_once",),
    ),
    Mutant(
        "facts of two versions have two ids",
        "domain/facts.py",
        "str(data.version), ",
        "",
        ("tests/unit/test_facts.py::test_the_facts_of_each_lead_are_numbered_without_gaps_and_named_once",),
    ),
    Mutant(
        "facts are numbered on from those before",
        "domain/facts.py",
        "start = before.sequence if before else 0",
        "start = 0",
        ("tests/unit/test_facts.py::test_the_facts_of_each_lead_are_numbered_without_gaps_and_named_once",),
    ),
    Mutant(
        "an attempt that ended is not made again",
        "services/deliver.py",
        "if last is not None and not last.open and last.number == task.attempt:",
        "if False:",
        ("tests/unit/test_deliver.py::test_a_crash_before_the_next_attempt_was_queued_strands_nothing",),
    ),
    Mutant(
        "an attempt that is being made is waited for",
        "services/deliver.py",
        "if last is not None and last.open and instant < last.at + LEASE_MS:",
        "if False:",
        ("tests/unit/test_deliver.py::test_a_crash_during_the_request_is_repeated_after_the_lease_under_the_same_id",),
    ),
    Mutant(
        "a delivery that came to an end is not made again",
        "services/deliver.py",
        "if delivery.final or (",
        "if (",
        ("tests/proof/test_guards.py::test_a_delivery_that_came_to_an_end_is_not_made_again",),
    ),
    Mutant(
        "an alert is sent once",
        "services/alert.py",
        'if record.status in {"sent", "skipped", "refused"}:',
        "if False:",
        ("tests/unit/test_alert.py::test_a_crossing_is_told_once_per_alert_however_often_it_comes",),
    ),
    Mutant(
        "an alert that is being sent is waited for",
        "services/alert.py",
        'if record.status == "sending" and instant < record.at + LEASE_MS:',
        "if False:",
        ("tests/unit/test_alert.py::test_a_crash_while_sending_is_made_good_after_the_lease",),
    ),
    Mutant(
        "a lead of another company by now is not filled with the old one",
        "services/enrich.py",
        "if lead.company is None or lead.company.id != record.id:",
        "if lead.company is None:",
        ("tests/unit/test_enrich_service.py::test_a_lead_that_belongs_to_another_company_by_now_is_left_alone",),
    ),
    # ──── the doors ────
    Mutant(
        "a cursor is signed",
        "domain/cursors.py",
        "if not hmac.compare_digest(mac, _mac(key_of, week, route, payload)):",
        "if False:",
        ("tests/unit/test_cursors.py::test_another_route_or_another_tenants_key_is_refused",),
    ),
    Mutant(
        "a cursor is of one filter and sort",
        "services/listing.py",
        "if not hmac.compare_digest(place.scope, cursors.scope_hash(scope)):",
        "if False:",
        ("tests/unit/test_cursors.py::test_another_filter_or_sort_is_refused",),
    ),
    Mutant(
        "a cursor of two weeks ago is of no key that is taken",
        "domain/cursors.py",
        "(this_week, this_week - 1)",
        "(this_week, this_week - 1, this_week - 2)",
        unit("cursors"),
    ),
    Mutant(
        "a cursor is refused before anything is read",
        "runtime/answers.py",
        "    asked.place()  # what",
        "    # what",
        ("tests/integration/test_parse_table.py::test_a_refused_cursor_reads_nothing_but_the_key",),
    ),
    Mutant(
        "a body has a limit as it is sent",
        "runtime/bodies.py",
        "if len(sent) > (4 * (max_bytes // 3 + 1) if is_base64 else max_bytes):",
        "if False:",
        ("tests/unit/test_bodies.py::test_each_hostile_body_is_refused_as_it_deserves",),
    ),
    Mutant(
        "a body has a limit as it is inflated",
        "runtime/bodies.py",
        "inflater.decompress(body, max_bytes + 1)",
        "inflater.decompress(body)",
        ("tests/unit/test_bodies.py::test_a_bomb_is_not_inflated",),
    ),
    Mutant(
        "a gzip body is whole",
        "runtime/bodies.py",
        "and not inflater.eof:",
        "and False:",
        ("tests/unit/test_bodies.py::test_each_hostile_body_is_refused_as_it_deserves",),
    ),
    Mutant(
        "nothing is behind a gzip body",
        "runtime/bodies.py",
        "if inflater.unused_data:",
        "if False:",
        ("tests/unit/test_bodies.py::test_each_hostile_body_is_refused_as_it_deserves",),
    ),
    Mutant(
        "a body says that it is JSON",
        "runtime/bodies.py",
        "if media not in taken:",
        "if media and media not in taken:",
        ("tests/unit/test_bodies.py::test_each_hostile_body_is_refused_as_it_deserves",),
    ),
    Mutant(
        "a body holds only what storage can hold",
        "runtime/bodies.py",
        "if problems := tuple(islice(storable.problems(value), MAX_PROBLEMS)):",
        "if problems := ():",
        ("tests/unit/test_bodies.py::test_each_hostile_body_is_refused_as_it_deserves",),
    ),
    Mutant(
        "a secret key in a URL opens nothing",
        "runtime/api.py",
        '    targets.check_secrecy(event["rawPath"], event.get("rawQueryString") or "")\n',
        "",
        (
            "tests/integration/test_parse_table.py"
            "::test_a_secret_key_in_a_url_is_refused_and_reported",
        ),
    ),
    Mutant(
        "a query parameter comes once",
        "runtime/targets.py",
        "elif times > 1:",
        "elif False:",
        ("tests/unit/test_targets.py::test_each_wrong_parameter_is_named",),
    ),
    Mutant(
        "a weak tag demands what cannot be",
        "runtime/entity_tags.py",
        "for weak, text in self.tags if not weak)",
        "for weak, text in self.tags)",
        unit("entity_tags"),
    ),
    Mutant(
        "an endpoint is deleted in the version that was looked at",
        "services/endpoints.py",
        "endpoints.delete(found.id, version=found.version)",
        "endpoints.delete(found.id)",
        unit("endpoints"),
    ),
    Mutant(
        "a change of an endpoint is made in a demanded version",
        "services/endpoints.py",
        """        demand.check(found.version)
        wanted =""",
        "        wanted =",
        unit("endpoints"),
    ),
    Mutant(
        "an endpoint of another kind is not there",
        "adapters/dynamodb/endpoints.py",
        "if not endpoint_id.startswith(_PREFIX[self._kind]):",
        "if False:",
        ("tests/integration/test_settings_api.py::test_an_endpoint_of_the_other_kind_is_not_there",),
    ),
    Mutant(
        "free-form maps end at a depth",
        "models/free_form.py",
        "if depth > MAX_DEPTH:",
        "if False:",
        unit("free_form"),
    ),
    Mutant(
        "a cursor expires",
        "domain/cursors.py",
        'if int.from_bytes(payload[:TIME_BYTES], "big") <= now:',
        "if False:",
        unit("cursors"),
    ),
    Mutant(
        "a cursor has one spelling",
        "domain/cursors.py",
        'if base64.urlsafe_b64encode(raw).decode().rstrip("=") != cursor:',
        "if False:",
        unit("cursors"),
    ),
    Mutant(
        "a key with a wrong checksum is refused before any read",
        "domain/credentials.py",
        " or checksum(text[:-CRC_LENGTH]) != text[-CRC_LENGTH:]",
        "",
        unit("credentials"),
    ),
    Mutant(
        "a key is compared with its hash",
        "domain/credentials.py",
        "return is_current or (is_previous and now < until)",
        "return stored is not None",
        unit("credentials"),
    ),
    Mutant(
        "a replaced secret is good while its overlap lasts and no longer",
        "domain/credentials.py",
        " and now < until)",
        ")",
        ("tests/unit/test_credentials.py::test_a_key_is_good_until_it_is_revoked_or_expires",),
    ),
    Mutant(
        "a key that does not match is looked up again, for its secret may be new",
        "services/tenants.py",
        "stored = config.key_again(key_id)",
        "stored = config.key(key_id)",
        ("tests/integration/test_keys_api.py::test_a_new_secret_works_at_once_where_the_old_one_is_remembered",),
    ),
    Mutant(
        "whoever guesses at secrets has a key read once a second",
        "runtime/cached.py",
        ", max_age=AGAIN)",
        ", max_age=timedelta(0))",
        unit("cached"),
    ),
    Mutant(
        "a revoked or expired key is refused",
        "services/tenants.py",
        "if stored and stored.alive(instant) else None",
        "if stored else None",
        ("tests/unit/test_credentials.py::test_a_key_is_good_until_it_is_revoked_or_expires",),
    ),
    Mutant(
        "nobody manages a key that may do more than they",
        "services/keys.py",
        "        key = find(key_id, keys=keys)\n        _check_reach(caller, key.scopes)\n",
        "        key = find(key_id, keys=keys)\n",
        ("tests/integration/test_keys_api.py::test_nobody_gets_hold_of_a_key_that_may_do_more",),
    ),
    Mutant(
        "nobody gives a key more than they have",
        "services/keys.py",
        "            _check_reach(caller, patch.scopes)\n",
        "",
        ("tests/integration/test_keys_api.py::test_nobody_gives_a_key_more_than_they_have",),
    ),
    Mutant(
        "a key that expires makes none that outlives it",
        "services/keys.py",
        "if latest is not None and (expires_at is None or expires_at > latest):",
        "if False:",
        ("tests/integration/test_keys_api.py::test_a_key_that_expires_makes_none_that_outlives_it",),
    ),
    Mutant(
        "a key that expires does not stand in for the last that manages keys",
        "models/tenants.py",
        "return administrator and self.expires_at is None and self.alive(now)",
        "return administrator and self.alive(now)",
        ("tests/integration/test_keys_api.py::test_the_last_key_that_manages_keys_stays_as_it_is",),
    ),
    Mutant(
        "two that revoke each other do not both succeed",
        "adapters/dynamodb/config.py",
        "actions.append(Check(other, beside.version))",
        "pass",
        (*unit("keys"), *whole("key_stores")),
    ),
    Mutant(
        "a rotation does not lengthen a key's life",
        "services/keys.py",
        "until = min(until, key.expires_at)",
        "pass",
        ("tests/integration/test_keys_api.py::test_a_rotation_never_lengthens_a_keys_life",),
    ),
    Mutant(
        "a repeated rotation keeps the secret that it replaced",
        "services/keys.py",
        "        if key.hash == new:\n            return key\n",
        "",
        unit("keys"),
    ),
    Mutant(
        "a changed key is known at once where it was changed",
        "runtime/cached.py",
        "self._tenants.remember_key(saved)",
        "pass",
        ("tests/unit/test_cached.py::test_what_this_process_writes_it_knows_at_once",),
    ),
    Mutant(
        "settings are changed in the version that was read",
        "adapters/dynamodb/config.py",
        "if_version=tenant.version or None",
        "if_version=None",
        ("tests/integration/test_key_stores.py::test_settings_are_changed_by_whoever_read_them_last",),
    ),
    Mutant(
        "the use of a key is written once a minute",
        "runtime/metering.py",
        "return bool(self.by_day) and self._rested(now)",
        "return bool(self.by_day)",
        ("tests/unit/test_metering.py::test_a_thousand_requests_a_second_are_two_writes_a_minute",),
    ),
    Mutant(
        "addresses of the inside are denied at the call",
        "adapters/http.py",
        "if not listed and (objection or not addresses.is_public(address)):",
        "if not listed and objection:",
        unit("guarded_http"),
    ),
    Mutant(
        "metadata's address is on the deny list",
        "domain/addresses.py",
        '"169.254.0.0/16",',
        "",
        ("tests/unit/test_guarded_http.py::test_no_socket_is_opened_to_an_address_that_is_not_public",),
    ),
    # ──── the front door: what names a resource ────
    Mutant(
        "an id to replay is checked for its form",
        "services/replay.py",
        '[each for each in request.ids if is_opaque_id("fail", each)]',
        "request.ids",
        ("tests/unit/test_replay.py::test_what_has_not_the_form_of_an_id_is_not_looked_for",),
    ),
    Mutant(
        "a fixed path is not the resource of that name",
        "runtime/api.py",
        "    if fixed:\n        return fixed\n    return [",
        "    return fixed + [",
        ("tests/integration/test_failed_events.py::test_the_path_of_many_is_not_a_failed_event_of_that_name",),
    ),
    Mutant(
        "the page of the document loads nothing from elsewhere",
        "runtime/docs_page.py",
        "\"default-src 'none'\",",
        "",
        ("tests/integration/test_platform_api.py::test_the_page_shows_the_document_without_another_host",),
    ),
    # ──── providers of company data ────
    Mutant(
        "an answer beyond its limit is none",
        "adapters/http.py",
        "if failure is None and not answer.whole:",
        "if False:",
        ("tests/unit/test_provider_adapters.py::test_of_an_answer_256_kib_are_read_and_one_byte_more_is_too_much",),
    ),
    Mutant(
        "an answer in an encoding is none",
        "adapters/providers/json_api.py",
        'or encoding not in ("", "identity")',
        "or False",
        ("tests/unit/test_provider_adapters.py::test_a_head_is_judged_before_the_body",),
    ),
    Mutant(
        "a value looked up cannot change the URL around it",
        "domain/url_templates.py",
        'quote(value, safe="")',
        "value",
        unit("provider_facts"),
    ),
    Mutant(
        "whoever is looked up does not choose who is called",
        "domain/url_templates.py",
        'elif placeholder in _authority(template) or "#" in template:',
        'elif "#" in template:',
        unit("provider_facts"),
    ),
    Mutant(
        "a secret goes to no other host than it was given for",
        "services/providers.py",
        'if found.has_secret and "secret" not in patch.model_fields_set and moved:',
        "if False:",
        ("tests/unit/test_providers.py::test_a_secret_goes_to_no_other_host_than_it_was_given_for",),
    ),
    Mutant(
        "a text of a provider has no control characters",
        "domain/provider_facts.py",
        "if c.isspace() or _is_seen(c)",
        "if True",
        unit("provider_facts"),
    ),
    Mutant(
        "a truth is no number",
        "domain/provider_facts.py",
        "if isinstance(value, bool) or not isinstance(value, int | float):\n",
        "if not isinstance(value, int | float):\n",
        unit("provider_facts"),
    ),
    Mutant(
        "free mail makes no company, whoever answers",
        "adapters/providers/generic_json.py",
        'return domain if domain and self._mail.kind(domain) == "business" else None',
        "return domain",
        ("tests/unit/test_provider_adapters.py::test_free_mail_makes_no_company_whoever_answers",),
    ),
    Mutant(
        "a breaker opens after failures in a row",
        "domain/breaker.py",
        "failures < THRESHOLD and not at_once",
        "not at_once",
        unit("breakers"),
    ),
    Mutant(
        "a provider that refuses is left alone at once",
        "domain/breaker.py",
        'at_once = reason == "refused" or asked_ms > 0',
        "at_once = False",
        unit("breakers"),
    ),
    Mutant(
        "a call from before it opened does not close a breaker",
        "domain/breaker.py",
        'return breaker if state(breaker, at) == "open" else Breaker(version=breaker.version)',
        "return Breaker(version=breaker.version)",
        unit("breakers"),
    ),
    Mutant(
        "a probe is claimed before it is made",
        "services/breakers.py",
        "            if self._save(name, claim, at):\n",
        "            if True:\n",
        unit("breakers"),
    ),
    Mutant(
        "a breaker is put in place of the version that was read",
        "adapters/dynamodb/providers.py",
        "if_absent=new, if_version=breaker.version or None",
        "",
        unit("breakers"),
    ),
    Mutant(
        "a failing store is left alone for a while",
        "services/breakers.py",
        "if at < self._paused_until or (seen",
        "if (seen",
        unit("breakers"),
    ),
    Mutant(
        "a caller in a hurry opens no breaker",
        "services/breakers.py",
        'error.reason != "timeout" or timeout_ms >= self._patient_ms',
        "True",
        unit("breakers"),
    ),
    Mutant(
        "a provider is put in place of the version that was read",
        "adapters/dynamodb/providers.py",
        "if_absent=new, if_version=provider.version or None",
        "",
        unit("providers"),
    ),
    Mutant(
        "a secret is kept before a provider says that it has it",
        "services/providers.py",
        "            renewal.keep(found.id, counter.secrets)\n",
        "            pass\n",
        unit("providers"),
    ),
    Mutant(
        "a secret for a change that did not come about goes again",
        "services/providers.py",
        "        if renewal is not None and renewal.kept:\n",
        "        if False:\n",
        unit("providers"),
    ),
    Mutant(
        "a provider goes after its secrets",
        "services/providers.py",
        "            bare = _without_secrets(found, counter)\n",
        "            bare = found\n",
        unit("providers"),
    ),
    Mutant(
        "requests do not show their secret",
        "models/providers.py",
        "    kind: ProviderKind\n    secret: Secret | None = Field(default=None, repr=False)",
        "    kind: ProviderKind\n    secret: Secret | None = Field(default=None)",
        unit("providers"),
    ),
    Mutant(
        "secrets of tenants are remembered apart",
        "runtime/cached.py",
        '        key = f"{self._tenant_id}/{name}"\n',
        "        key = name\n",
        unit("providers"),
    ),
    # ──── idempotency and limits ────
    Mutant(
        "a key whose first request runs is not taken",
        "services/idempotency.py",
        "if held.lease_until > instant:",
        "if False:",
        unit("idempotency"),
    ),
    Mutant(
        "a dead run is replaced by the one that read it",
        "adapters/dynamodb/idempotency.py",
        'condition="mark = :mark",',
        'condition="mark <> :mark OR attribute_exists(pk)",',
        unit("idempotency"),
    ),
    Mutant(
        "a later run makes the ids of the dead one",
        "services/idempotency.py",
        "    if same:\n",
        "    if False:\n",
        ("tests/unit/test_idempotency.py::test_when_the_first_died_the_next_makes_the_very_same",),
    ),
    Mutant(
        "a key comes with one request",
        "services/idempotency.py",
        "if not same and (held.done or held.lease_until):",
        "if False:",
        ("tests/unit/test_idempotency.py::test_the_key_comes_with_one_request_only",),
    ),
    Mutant(
        "an answer is for the API key that asked",
        "services/idempotency.py",
        "place, principal.key_id, content",
        "place, content",
        ("tests/unit/test_idempotency.py::test_the_key_comes_with_one_request_only",),
    ),
    Mutant(
        "a bucket is not overdrawn",
        "adapters/dynamodb/buckets.py",
        '"full_at BETWEEN :at AND :latest"',
        '"full_at >= :at AND :latest > :at"',
        ("tests/unit/test_limits.py::test_a_bucket_holds_exactly_its_quota_and_has_it_again_after_a_minute",),
    ),
    Mutant(
        "limits that cannot be known stop nobody",
        "runtime/limits.py",
        "    except TransientError as error:\n        _report(error)\n        return None",
        "    except KeyError:\n        return None",
        ("tests/integration/test_idempotency_api.py::test_limits_that_cannot_be_known_let_everything_through",),
    ),
    # ──── credits ────
    Mutant(
        "an account is put in place of the version that was read",
        "adapters/dynamodb/credits.py",
        "if_version=None if first else before.version",
        "if_version=None",
        whole("credit_store"),
    ),
    Mutant(
        "a new account is put only where there is none",
        "adapters/dynamodb/credits.py",
        "balance = Put(key, item, if_absent=first,",
        "balance = Put(key, item, if_absent=False,",
        whole("credit_store"),
    ),
    Mutant(
        "nobody spends more than the balance",
        "domain/credits.py",
        "if price > account.balance:",
        "if False:",
        unit("credits"),
    ),
    Mutant(
        "a key keeps to its budget",
        "domain/credits.py",
        "if spent + price > purchase.daily_credits:",
        "if False:",
        unit("credits"),
    ),
    Mutant(
        "a tenant keeps to its budget",
        "domain/credits.py",
        "if daily is not None and account.spent_today + price > daily:",
        "if False:",
        unit("credits"),
    ),
    Mutant(
        "a reservation is made once",
        "services/credits.py",
        "if purchase.reservation_id in book.reservations:",
        "if False:",
        unit("credits"),
    ),
    Mutant(
        "what is settled is not charged again",
        "services/credits.py",
        "            return book\n        return books.charge(",
        "            pass\n        return books.charge(",
        unit("credits"),
    ),
    Mutant(
        "what is settled is not given back again",
        "services/credits.py",
        "            return book\n        return books.refund(",
        "            pass\n        return books.refund(",
        unit("credits"),
    ),
    Mutant(
        "what was released is not given back again",
        "domain/credits.py",
        '    if reservation.state == "released":\n        return _kept(',
        "    if False:\n        return _kept(",
        unit("credits"),
    ),
    Mutant(
        "a late charge takes no more than there is",
        "domain/credits.py",
        "taken = min(credits, account.balance)",
        "taken = credits",
        unit("credits"),
    ),
    Mutant(
        "who settles late does not find the reservation released by themselves",
        "domain/credits.py",
        "if hold.until <= now and name != but",
        "if hold.until <= now",
        unit("credits"),
    ),
    Mutant(
        "a clock that is behind does not bring the last month back",
        "domain/credits.py",
        "    if month_of(now) <= account.month:\n        return book\n",
        "    if month_of(now) == account.month:\n        return book\n",
        unit("credits"),
    ),
    Mutant(
        "what is reserved over the end of a month is not there twice",
        "domain/credits.py",
        '"balance": allowance - account.reserved,',
        '"balance": allowance,',
        unit("credits"),
    ),
    Mutant(
        "a level is told once a month",
        "domain/credits.py",
        "if level is None or level in account.told:",
        "if level is None:",
        unit("credits"),
    ),
    Mutant(
        "what is only reserved is not told as spent",
        "domain/credits.py",
        "    if account.left == 0:\n",
        "    if account.balance == 0:\n",
        unit("credits"),
    ),
    Mutant(
        "what is released is stored though there is no credit left",
        "services/credits.py",
        "            if ready == book:\n                raise\n",
        "            raise\n",
        unit("credits"),
    ),
    # ──── a tenant's own list of companies ────
    Mutant(
        "a list with a bad row is not taken",
        "services/company_lists.py",
        "if reading.problems and (not skip_invalid or not reading.companies):",
        "if reading.problems and not reading.companies:",
        unit("own_companies"),
    ),
    Mutant(
        "a list is stored before its provider names it",
        "services/company_lists.py",
        "        demand.check(provider.version)\n        before()\n",
        "        demand.check(provider.version)\n",
        unit("own_companies"),
    ),
    Mutant(
        "a list that somebody may be about to name is not removed",
        "services/company_lists.py",
        "keep=kept.version, before=now - KEPT)",
        "keep=kept.version, before=now + KEPT)",
        unit("own_companies"),
    ),
    Mutant(
        "the longest range decides",
        "domain/company_lists.py",
        "key=lambda place: (place.first, -place.last, place.row)",
        "key=lambda place: (place.first, place.last, place.row)",
        unit("company_lists"),
    ),
    Mutant(
        "a range belongs to one company",
        "domain/company_csv.py",
        "if (first := self._ranges.get(found)) is not None:",
        "if False:",
        unit("company_csv"),
    ),
    Mutant(
        "no range is wider than a company can be",
        "domain/company_csv.py",
        "if network.prefixlen < WIDEST[network.version]:",
        "if False:",
        unit("company_csv"),
    ),
    Mutant(
        "a cell that begins like a formula is refused",
        "domain/company_csv.py",
        "if text.startswith(_FORMULA):",
        "if False:",
        unit("company_csv"),
    ),
    Mutant(
        "a list of a disabled provider is not asked",
        "services/own_companies.py",
        'if p.kind == "upload" and p.enabled]',
        'if p.kind == "upload"]',
        unit("own_companies"),
    ),
    Mutant(
        "a list that was replaced meanwhile is looked up again",
        "services/own_companies.py",
        "self._load(fresh) if fresh.uploaded != provider.uploaded else None",
        "None",
        unit("own_companies"),
    ),
    Mutant(
        "a list that cannot be read at the moment is no list without rows",
        "services/own_companies.py",
        "except (PermanentError, ValueError):",
        "except Exception:",
        unit("own_companies"),
    ),
    Mutant(
        "lists of tenants are remembered apart",
        "services/own_companies.py",
        "self._memory.get((self._tenant_id, provider.id, version), load)",
        "self._memory.get((provider.id,), load)",
        unit("own_companies"),
    ),
    # ──── time ────
    Mutant(
        "an event moves the instant at which a lead is due earlier, never later",
        "domain/due.py",
        "stored if stored is not None and stored > now else None",
        "None",
        sweep("an_event_moves_the_instant_earlier_and_never_later"),
    ),
    Mutant(
        "a lead is due when the tier that was told of ends, beyond its edge",
        "domain/due.py",
        "{*TIER_EDGES, *ends, ",
        "{*TIER_EDGES, ",
        sweep("a_score_that_a_segment_asks_for_is_passed_on_the_second"),
    ),
    Mutant(
        "a lead is due when a segment's window has passed",
        "domain/due.py",
        "        book.segments.next_change(lead, now),\n",
        "",
        sweep("a_lead_leaves_a_segment_at_the_second_and_the_world_is_told_once"),
    ),
    Mutant(
        "a sweep notes how far it is after what it found is on the queue",
        "services/sweep.py",
        "            _hand_on(found, queue=queue, now=now)\n",
        "            index.reach(position)\n            _hand_on(found, queue=queue, now=now)\n",
        sweep("what_could_not_be_put_on_the_queue_is_found_by_the_next_sweep"),
    ),
    Mutant(
        "what was written late is looked for again",
        "services/sweep.py",
        "AGAIN_MS = 5 * MINUTE_MS",
        "AGAIN_MS = 0 * MINUTE_MS",
        sweep("what_was_written_late_is_found_again"),
    ),
    Mutant(
        "who comes too early comes again",
        "services/sweep.py",
        "    if now < at:\n",
        "    if False:\n",
        sweep("who_comes_too_early_comes_again"),
    ),
    Mutant(
        "a lead that is not due is left alone",
        "services/rescore.py",
        "if if_due and not any(",
        "if False and not any(",
        sweep("a_lead_that_was_brought_up_to_date_meanwhile_is_left_alone"),
    ),
    Mutant(
        "a lead that nobody can read ends alone",
        "services/sweep.py",
        "    if again and len(request.lead_ids) > 1:\n",
        "    if False:\n",
        sweep("a_lead_that_nobody_can_read_holds_up_no_other_and_ends_alone"),
    ),
    Mutant(
        "an index of values is asked only once all leads are in it",
        "domain/attribute_search.py",
        "if attribute.index is None or not attribute.indexed:",
        "if attribute.index is None:",
        unit("attribute_search"),
    ),
    Mutant(
        "an index is not asked for what is the default",
        "domain/attribute_search.py",
        "if compiled(said)(_Unsaid(",
        "if False and compiled(said)(_Unsaid(",
        unit("attribute_search"),
    ),
    Mutant(
        "a list with many items is found by each of them",
        "domain/attribute_search.py",
        "keys = [book.key_of(said.values[0], None, index), LONG_LIST]",
        "keys = [book.key_of(said.values[0], None, index)]",
        unit("attribute_search"),
    ),
    Mutant(
        "texts are in keys as hashes of this tenant",
        "domain/attributes.py",
        "hmac.digest(self._key, said, hashlib.sha256)",
        "hashlib.sha256(said).digest()",
        unit("attributes"),
    ),
    Mutant(
        "negative numbers sort before others",
        "domain/attributes.py",
        "0xFFFF_FFFF_FFFF_FFFF if bits >> 63 else 1 << 63",
        "0",
        unit("attributes"),
    ),
    Mutant(
        "a value that is not of its type matches no condition",
        "domain/attributes.py",
        "elif not is_of(found[name], attribute.type):",
        "elif False:",
        unit("attributes"),
    ),
    Mutant(
        "a definition never allows less than before",
        "domain/attribute_input.py",
        "if narrower := list(_narrower(attribute, made)):",
        "if narrower := ():",
        unit("attributes"),
    ),
)  # fmt: skip


class Verdict(NamedTuple):
    """What became of one mutant: the test that failed, None when it survived."""

    mutant: Mutant
    caught_by: str | None
    seconds: float
    error: str | None = None


class Copy:
    """A copy of the code to take guards out of, and the process that runs tests in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=LEFT_OUT)
            else:
                shutil.copy2(source, folder / name)
        self._log = (folder / "log").open("w")
        self._process = subprocess.Popen(
            [sys.executable, "-m", warm.__name__],
            cwd=folder,
            env=self._environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            bufsize=1,
        )

    def _environment(self) -> dict[str, str]:
        """Return an environment in which the copy's own code goes first."""
        places = (self.folder, self.folder / "layers/core", self.folder / "layers/deps")
        return os.environ | {
            "PYTHONPATH": os.pathsep.join(map(str, places)),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        }

    def run(self, tests: Sequence[str]) -> warm.Outcome:
        """Run tests until one fails and return how that went."""
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps(list(tests)), file=self._process.stdin, flush=True)
        return warm.Outcome(*json.loads(self._process.stdout.readline()))

    @contextmanager
    def without(self, mutant: Mutant) -> Iterator[None]:
        """Take a guard out, for a while."""
        file = self.folder / mutant.file
        there, code = file.stat(), file.read_text()
        try:
            file.write_text(code.replace(mutant.code, mutant.without))
            yield
        finally:
            file.write_text(code)
            os.utime(file, ns=(there.st_atime_ns, there.st_mtime_ns))  # good for its bytecode

    def runs_other_code(self) -> str | None:
        """Return where the code is that runs here, None if it is the copy's."""
        asked = [sys.executable, "-c", "import leadsignal; print(leadsignal.__file__)"]
        where = subprocess.check_output(
            asked, cwd=self.folder, env=self._environment(), text=True
        ).strip()
        return None if where.startswith(str(self.folder)) else where

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()
        self._log.close()


@contextmanager
def copies(number: int) -> Iterator[Queue[Copy]]:
    """Make so many copies."""
    with TemporaryDirectory(prefix="mutants-") as folder, ExitStack() as opened:
        free: Queue[Copy] = Queue()
        for each in range(number):
            place = Path(folder).resolve() / str(each)
            place.mkdir()
            free.put(opened.enter_context(closing(Copy(place))))
        yield free


@contextmanager
def one_of(free: Queue[Copy]) -> Iterator[Copy]:
    """Return a copy that nobody else uses meanwhile."""
    copy = free.get()
    try:
        yield copy
    finally:
        free.put(copy)


def try_mutant(mutant: Mutant, free: Queue[Copy]) -> Verdict:
    """Take one guard out of a copy and return what notices."""
    began = time.monotonic()
    with one_of(free) as copy:
        times = (copy.folder / mutant.file).read_text().count(mutant.code)
        if times != 1:
            return Verdict(mutant, None, 0, f"its code is there {times} times")
        with copy.without(mutant):
            outcome = copy.run(mutant.tests)
            if outcome == warm.Outcome():
                outcome = copy.run([test for test in WIDER if test not in mutant.tests])
    return Verdict(mutant, outcome.failed, time.monotonic() - began, outcome.broken)


def check_copy(free: Queue[Copy], tests: Sequence[str]) -> str | None:
    """Return what is wrong with a copy from which nothing was taken."""
    with one_of(free) as copy:
        if where := copy.runs_other_code():
            return f"the copy runs the code of {where}"
        outcome = copy.run(tests)
    return outcome.failed or outcome.broken


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.proof.mutants")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="", help="guards whose name holds this")
    asked = parser.parse_args(arguments)
    mutants = [mutant for mutant in MUTANTS if asked.only in mutant.guard]
    began = time.monotonic()
    with copies(asked.jobs) as free, ThreadPoolExecutor(asked.jobs) as pool:
        tests = sorted({test for mutant in mutants for test in mutant.tests})
        print(f"{len(mutants)} guards; first their {len(tests)} tests as they are …", flush=True)
        parts = [part for each in range(asked.jobs) if (part := tests[each :: asked.jobs])]
        problems = list(filter(None, pool.map(lambda part: check_copy(free, part), parts)))
        if problems:
            print(f"nothing taken out, and yet: {'; '.join(problems)}")
            return 1
        print(
            f"| {'guard':<66} | removed | test that failed | seconds |\n| --- | --- | --- | ---: |"
        )
        verdicts = list(pool.map(lambda mutant: shown(try_mutant(mutant, free)), mutants))
    caught = sum(verdict.caught_by is not None for verdict in verdicts)
    print(f"\n{time.monotonic() - began:.0f} seconds")
    print(f"{caught} passed, {len(verdicts) - caught} failed")
    return 0 if caught == len(verdicts) else 1


def shown(verdict: Verdict) -> Verdict:
    """Print a row of the table."""
    mutant = verdict.mutant
    result = verdict.caught_by or f"**SURVIVED** {verdict.error or ''}"
    file, colons, name = result.partition("::")
    test = file.rpartition("/")[2] + colons + name
    removed = " ".join(mutant.code.split())[:48].replace("|", "¦")
    print(f"| {mutant.guard:<66} | `{removed}` | {test} | {verdict.seconds:.1f} |", flush=True)
    return verdict


if __name__ == "__main__":
    sys.exit(main())
