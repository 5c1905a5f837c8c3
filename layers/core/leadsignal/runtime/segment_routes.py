"""The routes of ``/v1/segments``."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from leadsignal.models.instants import to_instant
from leadsignal.models.pages import Page
from leadsignal.models.segments import (
    Preview,
    PreviewRequest,
    Segment,
    SegmentMember,
    SegmentPatch,
    SegmentRequest,
    SegmentView,
)
from leadsignal.runtime import scoring_wiring, wiring
from leadsignal.runtime.answers import (
    DEFAULT_LIMIT,
    Cursor,
    Limit,
    created,
    found,
    gone,
    if_match,
    listing,
    paged,
)
from leadsignal.runtime.api import caller
from leadsignal.runtime.minting import mint
from leadsignal.services import segments
from leadsignal.services.segments import show_segment

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]


def _desk() -> segments.SegmentDesk:
    return scoring_wiring.segment_desk(caller(router).tenant.tenant_id)


@router.post("/v1/segments", status_code=HTTPStatus.CREATED)
def create_segment(request: SegmentRequest) -> Response[SegmentView]:
    """Define a segment: leads that are written from now on are sorted by it at once, all others by
    the job of `job_id`."""
    desk = _desk()
    made = segments.create_segment(request, desk=desk, new_id=mint(router).new_id, now=wiring.now())
    view = show_segment(made, desk=desk)
    return created(SegmentView, view, location=f"/v1/segments/{made.id}", version=made.version)


@router.get("/v1/segments")
def list_segments(
    limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Response[Page[SegmentView]]:
    """List the segments, oldest first. Of each up to 10,000 members are counted."""
    return paged(segments.list_segments(listing(router, limit, cursor), desk=_desk()), router)


@router.get("/v1/segments/<segment_id>")
def get_segment(segment_id: str) -> Response[SegmentView]:
    """Return one segment. Up to 100,000 members are counted."""
    desk = _desk()
    return _shown(segments.find_segment(segment_id, desk=desk), desk)


@router.patch("/v1/segments/<segment_id>")
def change_segment(segment_id: str, patch: SegmentPatch) -> Response[SegmentView]:
    """Change one segment, by a JSON merge patch. Another condition takes the place of the one
    before as a whole, and a job sorts the leads anew."""
    desk = _desk()
    changed = segments.change_segment(
        segment_id,
        patch,
        demand=if_match(router),
        desk=desk,
        new_id=mint(router).new_id,
        now=wiring.now(),
    )
    return _shown(changed, desk)


@router.delete("/v1/segments/<segment_id>", status_code=HTTPStatus.NO_CONTENT)
def delete_segment(segment_id: str) -> Response[None]:
    """Delete one segment; not one that others name."""
    segments.remove_segment(
        segment_id,
        demand=if_match(router),
        desk=_desk(),
        new_id=mint(router).new_id,
        now=wiring.now(),
    )
    return gone()


@router.post("/v1/segments/preview", status_code=HTTPStatus.OK)
def preview_segment(request: PreviewRequest) -> Preview:
    """Tell how many leads a segment would have, and name some of them. Nothing is stored."""
    return segments.preview_segment(
        request,
        desk=_desk(),
        library=wiring.library_now(caller(router).tenant.tenant_id),
        clock=lambda: to_instant(wiring.now()),
    )


@router.get("/v1/segments/<segment_id>/members")
def list_members(
    segment_id: str, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Response[Page[SegmentMember]]:
    """List the leads in a segment, those that came last first."""
    page = segments.list_members(segment_id, listing(router, limit, cursor), desk=_desk())
    return paged(page, router)


def _shown(segment: Segment, desk: segments.SegmentDesk) -> Response[SegmentView]:
    view = show_segment(segment, desk=desk)
    return found(SegmentView, view, version=segment.version)
