"""A tenant's models of who is won, as their owner sees them; promotion by hand."""

import re
from datetime import datetime

from leadsignal.domain.conditions.lead_fields import LeadFields
from leadsignal.domain.model.columns import row_of
from leadsignal.domain.model.fit import probability
from leadsignal.domain.model.predictor import Influence, Predictor
from leadsignal.domain.model.reasons import reason_of
from leadsignal.domain.profiles import profile_of
from leadsignal.errors import ConflictError, NotFoundError
from leadsignal.models.instants import Instant
from leadsignal.models.jobs import Job
from leadsignal.models.models import (
    FeatureView,
    InfluenceView,
    ModelDetail,
    ModelStatus,
    ModelSummary,
    PartView,
    ProbabilityView,
)
from leadsignal.models.pages import Page
from leadsignal.models.predictions import Feature, Model
from leadsignal.services.leads import Library, find_lead
from leadsignal.services.listing import Listing
from leadsignal.services.training import ModelStore, School, promote

_ID = re.compile(r"mdl_[A-Za-z0-9]{1,64}", re.ASCII)
_NEVER_RUN = ("too_few", "no_better_than_chance", "worse")


def list_models(listing: Listing, *, models: ModelStore, runs: str | None) -> Page[ModelSummary]:
    """Return one page of the tenant's models, newest first; ``runs`` is the id of the one that
    runs.

    Raises:
        MalformedInputError: the cursor is not one of this list.
    """
    position = listing.position("models")
    rest = [each for each in models.all() if position is None or _place(each) > position]
    page = listing.page("models", rest, _place)
    return page.shown(lambda model: summary_of(model, runs))


def _place(model: Model) -> str:
    """Return the place of a model in the list: the newer, the smaller."""
    return f"{10**14 - model.trained_at:015d}/{model.id}"


def find_model(model_id: str, *, models: ModelStore) -> Model:
    """Return the tenant's model of that id.

    Raises:
        NotFoundError: there is none, or it is another tenant's.
    """
    found = models.get(model_id) if _ID.fullmatch(model_id) else None
    if found is None:
        raise NotFoundError("model")
    return found


def promote_model(model_id: str, *, school: School, now: datetime) -> Job:
    """Let a candidate run, and return the job that predicts all leads.

    Raises:
        NotFoundError: there is none, or it is another tenant's.
        ConflictError: it runs already, there is nothing to run, it is worse than the rules or than
            the model that ran, or it was never compared with the one that runs now.
    """
    model, runs = find_model(model_id, models=school.models), school.tenant.model
    if model.id == runs:
        raise ConflictError("this model runs already")
    if model.verdict in _NEVER_RUN:
        raise ConflictError(f"this model may not run: {model.detail}")
    if model.promoted_at is not None or model.ran != runs:
        raise ConflictError("another model runs since this one was measured; train again")
    return promote(model, school=school, now=now)


def status_of(model: Model, runs: str | None) -> ModelStatus:
    """Return what a model is, given the id of the one that runs."""
    if model.id == runs:
        return "running"
    if model.promoted_at is not None:
        return "archived"
    return "rejected" if model.verdict in _NEVER_RUN else "candidate"


def summary_of(model: Model, runs: str | None) -> ModelSummary:
    """Return a model in a few words."""
    measures = model.measures
    return ModelSummary(
        id=model.id,
        status=status_of(model, runs),
        verdict=model.verdict,
        reason=model.detail,
        outcomes=model.outcomes,
        won=model.won,
        auc=measures.auc if measures else None,
        brier=measures.brier if measures else None,
        trained_at=model.trained_at,
        promoted_at=model.promoted_at,
    )


def detail_of(model: Model, runs: str | None) -> ModelDetail:
    """Return all that is known of a model."""
    return ModelDetail(
        **dict(summary_of(model, runs)),
        monotone=model.wishes.monotone,
        exclude=model.wishes.exclude,
        data_hash=model.data_hash,
        learned_from=model.learned_from,
        learned_until=model.learned_until,
        tested_until=model.tested_until,
        measures=model.measures,
        compared_with=model.comparisons,
        leaks=model.leaks,
        average=probability(model.intercept) if model.features else None,
        features=tuple(map(_feature_view, model.features)),
    )


def _feature_view(feature: Feature) -> FeatureView:
    names = [part_name(feature, part) for part in range(len(feature.weights))]
    return FeatureView(
        name=feature.name,
        kind=feature.kind,
        direction=feature.direction,
        parts=tuple(
            PartView(part=name, log_odds=weight)
            for name, weight in zip(names, feature.weights, strict=True)
        ),
    )


def part_name(feature: Feature, part: int) -> str:
    """Return what a part of a column is called: ``[2, 5)``, a value, ``other`` or ``missing``."""
    if part == len(feature.weights) - 1:
        return "missing"
    if feature.kind == "text":
        return feature.values[part] if part < len(feature.values) else "other"
    low = f"{feature.edges[part - 1]:g}" if part else "-"
    high = f"{feature.edges[part]:g}" if part < len(feature.edges) else "-"
    return f"[{low}, {high})"


def show_probability(
    lead_id: str, *, library: Library, model: Predictor | None, now: Instant
) -> ProbabilityView:
    """Return how likely a lead is to be won as of now, and why; nothing while no model runs.

    Raises:
        NotFoundError: there is no such lead.
    """
    lead, tenant = find_lead(lead_id, leads=library.leads), library.tenant
    if model is None:
        return ProbabilityView(as_of=now)
    profile = profile_of(lead, gap_ms=tenant.session_gap_ms, country=tenant.default_country)
    row = row_of(LeadFields(profile, {}, statuses=tenant.statuses), now)
    return ProbabilityView(
        probability=model.probability(row),
        model_id=model.model_id,
        average=probability(model.intercept),
        average_log_odds=model.intercept,
        log_odds=model.log_odds(row),
        contributions=tuple(map(_influence_view, model.influences(row))),
        as_of=now,
    )


def _influence_view(influence: Influence) -> InfluenceView:
    return InfluenceView(
        feature=influence.feature.name,
        part=part_name(influence.feature, influence.part),
        log_odds=influence.log_odds,
        reason=reason_of(influence),
    )
