"""An attribute that something names is not removed, even if that came at the same moment."""

from leadsignal.errors import InUseError
from leadsignal.models.preconditions import ANY_VERSION
from leadsignal.services.attributes import remove_attribute
from tests.fakes.clock import NOW
from tests.fakes.office import Office


def remove(office: Office) -> None:
    attribute_id = office.new_id("attr")
    remove_attribute(
        attribute_id,
        demand=ANY_VERSION,
        registrar=office.registrar,
        new_id=lambda prefix: f"{prefix}_{'b' * 24}",
        now=NOW,
    )


def test_a_segment_that_comes_at_any_call_of_a_removal_never_names_what_was_removed() -> None:
    whole = Office()
    whole.define()
    begun = whole.calls.made
    remove(whole)
    refused = 0
    for call in range(1, whole.calls.made - begun + 1):
        office = Office()
        office.define()
        before: list[bool] = []

        def sort(office: Office = office, before: list[bool] = before) -> None:
            before.append(office.is_defined)
            office.sort()

        office.calls.interrupt(sort, at=call)
        try:
            remove(office)
        except InUseError:
            refused += 1
            assert office.is_defined
        else:
            assert before == [False]
    assert refused
