"""Which leads may be the same person, though no identifier says so: pointed at, never merged."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from leadsignal.domain.close_names import close_names
from leadsignal.domain.likeness import likeness_of, words_of
from leadsignal.domain.profiles import profile_of
from leadsignal.domain.secrets import derive
from leadsignal.models.leads import Lead
from leadsignal.models.profiles import Likeness, Profile
from leadsignal.models.tenants import Tenant
from leadsignal.ports import AlikeLeads, Snapshots
from leadsignal.services.clusters import decisions_of

MAX_SHOWN = 10


class Alike(NamedTuple):
    """A lead that is alike, and the person it shows."""

    lead: Lead
    profile: Profile


class Likenesses(NamedTuple):
    """Everything that finding one tenant's leads that are alike needs.

    The indexes may be a moment behind the leads; what they name is looked at as it is stored.
    """

    tenant: Tenant
    known: AlikeLeads
    snapshots: Snapshots

    def with_phone(self, profile: Profile, *, consistent: bool = False) -> list[Alike]:
        """Return the leads with the same phone number, the oldest first."""
        hashed = self._of(profile).phone
        if hashed is None:
            return []
        found = self.known.with_phone(hashed)
        return self._still(found, lambda other: self._of(other).phone == hashed, consistent)

    def with_close_name(self, profile: Profile, *, consistent: bool = False) -> list[Alike]:
        """Return the leads of the same company, or one of the same name, whose name may be the
        person's in another spelling; the oldest first."""
        hashed = self._of(profile).namesake
        if hashed is None:
            return []
        mine = words_of(profile.first_name, profile.last_name)

        def is_close(other: Profile) -> bool:
            theirs = words_of(other.first_name, other.last_name)
            return self._of(other).namesake == hashed and close_names(mine, theirs)

        return self._still(self.known.with_name(hashed), is_close, consistent)

    def potential_duplicates(self, lead: Lead, profile: Profile) -> tuple[str, ...]:
        """Return the ids of leads that may be the same person, the oldest first, ``MAX_SHOWN`` at
        most; without those that somebody said are another."""
        found = {
            other.lead.lead_id: other
            for other in (*self.with_phone(profile), *self.with_close_name(profile))
            if other.lead.lead_id != lead.lead_id and not kept_apart(lead, other.lead)
        }
        ordered = sorted(found.values(), key=_oldest_first)
        return tuple(other.lead.lead_id for other in ordered)[:MAX_SHOWN]

    def _of(self, profile: Profile) -> Likeness:
        return likeness_of(profile, key=derive(self.tenant, "likeness"))

    def _still(
        self, ids: Sequence[str], is_alike: Callable[[Profile], bool], consistent: bool
    ) -> list[Alike]:
        """Return the leads of these ids that are alike still."""
        if not ids:
            return []
        slots = self.snapshots.load(ids, [], consistent=consistent).slots
        leads = (held for slot in dict.fromkeys(ids) if isinstance(held := slots.get(slot), Lead))
        gap_ms = self.tenant.session_gap_ms
        found = (
            Alike(lead, profile_of(lead, gap_ms=gap_ms, country=self.tenant.default_country))
            for lead in leads
        )
        return sorted((each for each in found if is_alike(each.profile)), key=_oldest_first)


def kept_apart(one: Lead, other: Lead) -> bool:
    """Return whether somebody undid a merge of two leads, and so said that they are two."""
    mine, theirs = _names(one), _names(other)
    return any(
        decision.undone
        and (
            (decision.kept in mine and decision.taken in theirs)
            or (decision.kept in theirs and decision.taken in mine)
        )
        for decision in decisions_of((one, other))
    )


def _names(lead: Lead) -> set[str]:
    """Return the identifiers that are a lead's own, as decisions name them."""
    carried = {name for member in lead.members.values() for name in member.sightings}
    return carried - set(lead.refused)


def _oldest_first(alike: Alike) -> tuple[int, str]:
    return alike.profile.created_at, alike.lead.lead_id
