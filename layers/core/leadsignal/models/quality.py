"""How good what is known of a lead is, and what would make it better."""

from typing import Literal

from leadsignal.models.base import Frozen

type FixCode = Literal[
    "missing_email",
    "missing_first_name",
    "missing_last_name",
    "missing_phone",
    "missing_title",
    "missing_company",
    "missing_country",
    "missing_industry",
    "missing_employee_count",
    "undeliverable_email",
    "risky_email",
    "disposable_email",
    "placeholder_email",
    "role_email",
    "invalid_phone",
    "placeholder_name",
    "invalid_country",
    "stale_activity",
    "stale_company",
    "email_of_other_company",
    "phone_of_other_country",
    "network_of_other_company",
    "sources_differ",
]
"""What is wrong with a lead's data."""


class Fix(Frozen):
    """One thing to mend: ``field`` is where, ``gain`` how many points the score rises by."""

    code: FixCode
    field: str
    detail: str
    gain: int


class Quality(Frozen):
    """The quality of a lead's data, 0 to 100, and what is missing from 100 as far as one thing to
    mend brings it, the greatest gain first."""

    score: int = 0
    fixes: tuple[Fix, ...] = ()
