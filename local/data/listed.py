"""The companies of the S&P 500, found by name."""

import csv
import re
import unicodedata
from pathlib import Path
from typing import NamedTuple

from leadsignal.domain.normalise.industries import industry_name

LEGAL_FORMS = (
    "inc incorporated corp corporation co company companies ltd limited llc lp llp plc sa se ag nv "
    "gmbh group holding holdings the and"
)
NAME_IN_LIST = re.compile(r"\s*\((?:The|Class [A-Z]|[A-Z]+)\)\s*$")
HEADQUARTERS_ABROAD = {
    "Ireland": "IE",
    "United Kingdom": "GB",
    "Switzerland": "CH",
    "Netherlands": "NL",
    "Bermuda": "BM",
}


class Listed(NamedTuple):
    """An S&P 500 company."""

    name: str
    industry: str
    country: str
    region: str
    city: str


def read_listed(path: Path) -> dict[str, Listed]:
    """Return the S&P 500 by plain name."""
    listed = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            seat = re.sub(r"\[\d+\]", "", row["Headquarters Location"]).split(";")[0]
            parts = [part.strip() for part in seat.split(",") if part.strip() != "none"] or [""]
            country = HEADQUARTERS_ABROAD.get(parts[-1], "US")
            region = parts[-1] if country == "US" and len(parts) > 1 else ""
            region = {"D.C.": "District of Columbia"}.get(region, region)
            name = NAME_IN_LIST.sub("", row["Security"]).strip()
            industry = industry_name(row["GICS Sub-Industry"]) or industry_name(row["GICS Sector"])
            listed[plain_name(name)] = Listed(name, industry or "", country, region, parts[0])
    return listed


def plain_name(name: str) -> str:
    """Return a company name without case, accents, punctuation and legal form, for comparison."""
    text = unicodedata.normalize("NFKD", NAME_IN_LIST.sub("", name))
    text = "".join(char for char in text if not unicodedata.combining(char)).casefold()
    text = re.sub(r"\.com\b", "", text).replace("&", " and ")
    words = re.sub(r"[^\w\s]", "", re.sub(r"[-/,]", " ", text)).split()
    endings = LEGAL_FORMS.split()
    while len(words) > 1 and words[-1] in endings:
        words.pop()
    if len(words) > 1 and words[0] == "the":
        words.pop(0)
    return " ".join(words)
