"""Currencies by ISO 4217, and amounts of money as people and providers write them."""

import re
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from leadsignal.domain.normalise.text import bare

MAX_LENGTH = 64
MAX_AMOUNT = 10**15
USD = "USD"

# code, minor digits where they are not 2, then names and signs that mean no other currency
_TABLE = """
AED|dirham uae|emirati dirham|uae dirham|dhs
AFN|afghani
ALL|albanian lek|lek
AMD|armenian dram|dram|֏
ANG|netherlands antillean guilder
AOA|kwanza
ARS|argentine peso|ar$
AUD|australian dollar|australian dollars|a$|au$|aud$
AWG|aruban florin
AZN|azerbaijani manat|₼
BAM|convertible mark
BBD|barbados dollar|bds$
BDT|taka|৳
BGN|bulgarian lev|lev|лв
BHD 3|bahraini dinar
BIF 0|burundi franc
BMD|bermudian dollar
BND|brunei dollar
BOB|boliviano
BRL|brazilian real|real|reais|r$
BSD|bahamian dollar
BTN|ngultrum
BWP|pula
BYN|belarusian ruble
BZD|belize dollar
CAD|canadian dollar|canadian dollars|c$|ca$|cad$
CDF|congolese franc
CHF|swiss franc|swiss francs|franken|sfr|fr.
CLP 0|chilean peso
CNY|yuan|renminbi|rmb|chinese yuan|cn¥|人民币|元
COP|colombian peso|col$
CRC|costa rican colon|₡
CUP|cuban peso
CVE|cape verde escudo
CZK|czech koruna|kč|koruna ceska
DJF 0|djibouti franc
DKK|danish krone|danish kroner|dkr
DOP|dominican peso
DZD|algerian dinar
EGP|egyptian pound
ERN|nakfa
ETB|ethiopian birr|birr
EUR|euro|euros|eur|€
FJD|fiji dollar
FKP|falkland islands pound
GBP|pound sterling|sterling|british pound|british pounds|pounds sterling|£|gb£|uk£
GEL|lari|₾
GHS|cedi|₵
GIP|gibraltar pound
GMD|dalasi
GNF 0|guinean franc
GTQ|quetzal
GYD|guyana dollar
HKD|hong kong dollar|hong kong dollars|hk$
HNL|lempira
HTG|gourde
HUF|forint|hungarian forint|ft
IDR|rupiah|indonesian rupiah|rp
ILS|shekel|new shekel|israeli shekel|₪|nis
INR|indian rupee|indian rupees|₹|rs.
IQD 3|iraqi dinar
IRR|iranian rial
ISK 0|icelandic krona
JMD|jamaican dollar|j$
JOD 3|jordanian dinar
JPY 0|yen|japanese yen|jp¥|円|日本円
KES|kenyan shilling|ksh
KGS|kyrgyzstani som
KHR|riel|៛
KMF 0|comorian franc
KPW|north korean won
KRW 0|won|south korean won|₩|원
KWD 3|kuwaiti dinar
KYD|cayman islands dollar
KZT|tenge|₸
LAK|kip|₭
LBP|lebanese pound
LKR|sri lanka rupee
LRD|liberian dollar
LSL|loti
LYD 3|libyan dinar
MAD|moroccan dirham
MDL|moldovan leu
MGA|ariary
MKD|denar
MMK|kyat
MNT|tugrik|₮
MOP|pataca
MRU|ouguiya
MUR|mauritius rupee
MVR|rufiyaa
MWK|malawi kwacha
MXN|mexican peso|mexican pesos|mx$|mex$
MYR|ringgit|malaysian ringgit|rm
MZN|metical
NAD|namibia dollar|n$
NGN|naira|nigerian naira|₦
NIO|cordoba oro
NOK|norwegian krone|norwegian kroner|nkr
NPR|nepalese rupee
NZD|new zealand dollar|new zealand dollars|nz$
OMR 3|omani rial
PAB|balboa
PEN|peruvian sol|sol|s/
PGK|kina
PHP|philippine peso|₱
PKR|pakistan rupee
PLN|zloty|złoty|polish zloty|zł
PYG 0|guarani|₲
QAR|qatari rial|qatari riyal
RON|romanian leu
RSD|serbian dinar
RUB|ruble|rouble|russian ruble|₽|руб
RWF 0|rwanda franc
SAR|saudi riyal
SBD|solomon islands dollar
SCR|seychelles rupee
SDG|sudanese pound
SEK|swedish krona|swedish kronor|skr
SGD|singapore dollar|singapore dollars|s$|sg$
SHP|saint helena pound
SLE|leone
SOS|somali shilling
SRD|surinam dollar
SSP|south sudanese pound
STN|dobra
SVC|el salvador colon
SYP|syrian pound
SZL|lilangeni
THB|baht|thai baht|฿
TJS|somoni
TMT|turkmenistan new manat
TND 3|tunisian dinar
TOP|pa'anga
TRY|turkish lira|türk lirasi|₺
TTD|trinidad and tobago dollar|tt$
TWD|new taiwan dollar|taiwan dollar|nt$
TZS|tanzanian shilling
UAH|hryvnia|₴
UGX 0|uganda shilling
USD|us dollar|us dollars|u.s. dollar|u.s. dollars|dollar|dollars|$|us$|usd$
UYU|peso uruguayo|$u
UZS|uzbekistan sum
VES|bolivar soberano
VND 0|dong|vietnamese dong|₫
VUV 0|vatu
WST|tala
XAF 0|cfa franc beac
XCD|east caribbean dollar|ec$
XOF 0|cfa franc bceao
XPF 0|cfp franc
YER|yemeni rial
ZAR|rand|south african rand
ZMW|zambian kwacha
ZWG|zimbabwe gold
"""

_UNITS = {
    "": 1, "k": 10**3, "tsd": 10**3, "thousand": 10**3, "thousands": 10**3, "m": 10**6, "mm": 10**6,
    "mn": 10**6, "mln": 10**6, "mio": 10**6, "million": 10**6, "millions": 10**6,
    "millionen": 10**6, "b": 10**9, "bn": 10**9, "mrd": 10**9, "mld": 10**9, "billion": 10**9,
    "billions": 10**9, "milliarden": 10**9, "t": 10**12, "tn": 10**12, "trillion": 10**12,
}  # fmt: skip
_END = re.compile(
    r"(?P<before>[^0-9]*?)\s*(?P<number>[0-9](?:[0-9., _\u00a0]*[0-9])?)\s*"
    r"(?P<unit>[a-z]*)\.?\s*(?P<after>[^0-9]*)"
)
_GROUPED = re.compile(r"[0-9]{1,3}(?:([., _\u00a0])[0-9]{3})(?:\1[0-9]{3})*")
_MIXED = re.compile(r"([0-9]{1,3}(?:([., _\u00a0])[0-9]{3})(?:\2[0-9]{3})*)[.,]([0-9]{1,2})")
_DECIMAL = re.compile(r"([0-9]{1,16})(?:[.,]([0-9]{1,9}))?")
_SPAN = re.compile(r"\s*(?:-|–|—|\bto\b|\bbis\b)\s*")
_OPEN = re.compile(r"^(?:>=?|≥|over|above|more than|from|about|approx\.?|ca\.?|~|≈)\s*|\s*\+$")
_A_YEAR = re.compile(r"\s*(?:/\s*(?:yr|year|a)|a year|per year|per annum|p\.\s*a\.|annually)$")


class _End(NamedTuple):
    """A number with its unit (``m``) and currency, None where they are not said."""

    number: Decimal
    unit: int | None
    currency: str | None


class Amount(NamedTuple):
    """An amount of money in whole units, and its currency, None where none is named."""

    units: int
    currency: str | None


@cache
def _rows() -> tuple[tuple[str, int, tuple[str, ...]], ...]:
    """Return each currency's code, minor digits and names."""
    rows = []
    for row in _TABLE.strip().splitlines():
        head, *names = row.split("|")
        code, _, digits = head.partition(" ")
        rows.append((code, int(digits or 2), tuple(names)))
    return tuple(rows)


@cache
def _codes() -> dict[str, str]:
    return {_plain(name): code for code, _, names in _rows() for name in (code, *names)}


def minor_digits(code: str) -> int | None:
    """Return how many digits the minor unit of a currency has: 2 for EUR, 0 for JPY, 3 for KWD;
    None for what is no code of ISO 4217."""
    return next((digits for known, digits, _ in _rows() if known == code), None)


def currency_code(text: str) -> str | None:
    """Return the code of a currency that is given by its code, a name or a sign.

    ``$`` and ``dollar`` are US dollars, ``£`` is GBP; what several currencies share otherwise
    (``peso``, ``kr``, ``¥``) is none.
    """
    return _codes().get(_plain(text)) if len(text) <= MAX_LENGTH else None


def _plain(text: str) -> str:
    return " ".join(bare(text).split())


def read_amount(text: str) -> Amount | None:
    """Return the amount that a text says (``$1.2M``, ``USD 1,250,000``, ``1,2 Mio. €``), rounded
    down; of a range (``10M-50M``) the lower end. None for what says no amount."""
    if len(text) > MAX_LENGTH:
        return None
    plain = _OPEN.sub("", _A_YEAR.sub("", bare(text).strip()))
    ends = [_end(end) for end in _SPAN.split(plain)]
    least, most = ends[0], ends[-1]
    if len(ends) > 2 or least is None or most is None:
        return None
    currencies = {end.currency for end in (least, most)} - {None}
    units = int(least.number * (least.unit or most.unit or 1))
    if len(currencies) > 1 or units > MAX_AMOUNT:
        return None
    return Amount(units, next(iter(currencies), None))


def revenue_usd(text: str) -> int | None:
    """Return the whole US dollars that a text says; None for other currencies, for nothing is
    converted. An amount without a currency is one of US dollars."""
    amount = read_amount(text)
    return amount.units if amount and amount.currency in (None, USD) else None


def _end(text: str) -> _End | None:
    match = _END.fullmatch(text)
    number = _number(match["number"], has_unit=match["unit"] in _UNITS) if match else None
    if match is None or number is None:
        return None
    unit, after = match["unit"], match["after"]
    if unit not in _UNITS:
        unit, after = "", f"{unit} {after}"
    named = {_codes().get(_plain(said)) for said in (match["before"], after) if said.strip(" .")}
    if None in named or len(named) > 1:
        return None
    return _End(number, _UNITS[unit] if unit else None, next(iter(named), None))


def _number(digits: str, *, has_unit: bool) -> Decimal | None:
    """Return a number with thousands grouped or a decimal part; with a unit ``1.250`` has one."""
    if _GROUPED.fullmatch(digits) and not (has_unit and digits.count(".") == 1):
        return Decimal(_bare_digits(digits))
    if match := _MIXED.fullmatch(digits):
        return Decimal(f"{_bare_digits(match[1])}.{match[3]}")
    match = _DECIMAL.fullmatch(digits)
    return Decimal(f"{match[1]}.{match[2] or 0}") if match else None


def _bare_digits(digits: str) -> str:
    return "".join(filter(str.isdigit, digits))
