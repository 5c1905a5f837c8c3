"""Names of companies: without legal form to show them, and folded to compare them."""

import re
from functools import lru_cache
from typing import NamedTuple

from leadsignal.domain.normalise.casing import is_plain_capitals, name_word
from leadsignal.domain.normalise.text import tidy, words_in

MAX_LENGTH = 256
_REMEMBERED = 2048


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_FORMS = _set(
    """
    inc incorporated corp corporation llc lc llp lllp lp plc ltd limited ltda limitada pbc pllc opc
    coinc coltd collc coltda companylimited companyltd cocorp cokg cokgaa coohg ltdcokg unlimited
    ulc ptyltd pty ptylimited proprietarylimited pvtltd pvt privatelimited pvtlimited privateltd
    pteltd pte ptelimited sdnbhd bhd limitedliabilitycompany clg dac gmbh mbh ggmbh gesmbh gmbhcokg
    gmbhcokgaa gmbhundcokg agcokg agcokgaa secokg secokgaa kg kgaa ag aktiengesellschaft ohg gbr ug
    ughaftungsbeschränkt haftungsbeschränkt ev eg ekfr se sa s/a sab sabdecv sadecv sapidecv
    sasdecv sas sasu sarl eurl sca snc scs srl srls spa sapa sl slu scoop scarl saci saic eireli
    epp cialtda sociedadanonima sociedadlimitada sociedadeanonima lda bv nv bvba cvba vof cv
    naamlozevennootschap beslotenvennootschap ab abpubl aktiebolag oy oyj oyab abp as a/s asa aps
    i/s k/s ans hb kommanditbolag spzoo spolkazoo spółkazoo spzook spk spj sro spolsro kft rt zrt
    nyrt bt doo ead ood eood jsc ojsc cjsc pjsc oao zao pao ooo sia uab osaühing oü aş ltdşti
    ltdsti kk yk gk godokaisha kabushikikaisha kabushikigaisha tbk perserotbk persero fze fzco
    fzllc fzc llcfz dmcc wll psc qsc saog saoc ооо оао зао ао пао ип тов прат пат αε επε
    """
)
_SHORT_BUT_SURE = _set(
    """
    inc llc llp ltd plc srl pty pte pvt kft sro tbk pbc bhd sasu jsc lda oyj dmcc fze wll
    """
)
_NOBODYS = _set(
    """
    inc incorporated corp corporation llc llp plc ltd limited gmbh ggmbh mbh ltda limitada sarl
    bvba pllc coltd ptyltd pvtltd pteltd gmbhcokg privatelimited companylimited aktiengesellschaft
    oyj ooo spzoo sdnbhd aktiebolag ооо kabushikikaisha
    """
)
"""Forms that are no part of a person's name."""

_KEY_ONLY = frozenset(("company", "co", "cos", "companies"))
_WORDS = frozenset(("spa", "as", "lp", "cv", "sl", "bt", "rt", "snc"))
_BEFORE = frozenset(("ооо", "оао", "зао", "ао", "пао", "ип", "тов", "прат", "ooo", "oao", "zao"))
_AFTER_AB = frozenset(("volvo", "electrolux", "sandvik", "skf", "sagax", "industrivärden"))
_EAST_ASIAN = (
    "株式会社", "有限会社", "合同会社", "合名会社", "合資会社", "(株)", "（株）", "㈱",
    "(有)", "（有）", "㈲", "股份有限公司", "有限责任公司",
    "有限責任公司", "有限公司", "주식회사", "(주)", "（주）", "㈜",
    "유한회사",
)  # fmt: skip
_MAX_FORM_WORDS = 5
_ACRONYMS = _set(
    """
    IKEA NASA FIFA UEFA NATO ALDI LIDL ASML AMRO LEGO IEEE FIAT SEAT BASF EMEA APAC AARP USAA NCAA
    YMCA ACLU CNOOC UNICEF UNESCO NASDAQ NVIDIA ASICS IDEXX QIAGEN SUSE GEICO
    NASCAR LANXESS OSRAM ATOS
    """
)
_SHORT_WORDS = _set(
    """
    THE NEW OLD AIR OIL GAS CAR SUN SKY SEA BAY RED BIG TOP ONE TWO TEN INN BAR BOX SAN LOS LAS ALL
    ART EYE FOX ICE ION JET KEY LAB LAW MAX NET OAK PAN PET RAY TEA TOY WAY ZEN NON BUY FIT FUN
    """
)
_SMALL = _set(
    """
    and of the for und der die das et de du la le les y van
    """
)
_BARE = re.compile(r"[^\w/]+|_")
_ENDS = " ,;-–—/|&"
_VOWELS = frozenset("AEIOUYÄÖÜÅÆØÉÈÊÁÀÂÍÓÔÕÚ")
_QUOTES = "\"'«»„“”"
_LONGEST_ACRONYM = 4


class CompanyName(NamedTuple):
    """A company's name as it is shown, and the whole as it was given where that says more."""

    name: str
    legal_name: str | None = None


def company_name(text: str) -> CompanyName | None:
    """Return a company's name without its legal form, None when there is no name.

    The spelling of registries (``DASSAULT SYSTEMES SE``) becomes that of names; short words in
    capitals stay, for they may be acronyms. What is left of a name that is nothing but a legal form
    is the whole; names of over 256 characters stay as they are. The result is a fixed point.
    """
    if len(text) <= MAX_LENGTH:
        return _read(text)
    whole = tidy(text)
    return CompanyName(whole) if whole else None


@lru_cache(maxsize=_REMEMBERED)
def _read(text: str) -> CompanyName | None:
    whole = tidy(text)
    if whole is None:
        return None
    name = _settled(whole)
    return CompanyName(name, whole if name != whole else None)


def _settled(whole: str) -> str:
    """Return a name that does not change any more when it is read again."""
    name, last = whole, ""
    while name != last:
        name, last = _without_form(name), name
        name = _cased(name, alone=name != last and is_plain_capitals(last))
    return name


@lru_cache(maxsize=_REMEMBERED)
def company_key(text: str) -> str:
    """Return what likely spellings of one company's name share: letters and digits without case,
    accents, legal form and ``the``; empty for what has no letter or digit."""
    name = _without_form(tidy(text[:MAX_LENGTH]) or "", anyhow=True)
    words = [word for word in words_in(name.replace("&", " and ")) if word != "and"]
    while len(words) > 1 and words[-1] in _KEY_ONLY:
        words.pop()
    if len(words) > 1 and words[0] == "the":
        words.pop(0)
    return "".join(words)


def is_nobodys(text: str) -> bool:
    """Return whether a name ends in a legal form that is no part of a person's name."""
    words = text.split(" ")
    counts = range(1, min(_MAX_FORM_WORDS, len(words) - 1) + 1)
    return any(_folded(words[-count:]) in _NOBODYS for count in counts)


def _without_form(name: str, *, anyhow: bool = False) -> str:
    """Return a name without its legal forms; ``anyhow``: in whatever spelling."""
    while True:
        rest = _shorter(name, anyhow=anyhow)
        if rest == name:
            return name
        name = rest


def _shorter(name: str, *, anyhow: bool) -> str:
    """Return a name without one of its legal forms, the name itself when it has none."""
    for mark in _EAST_ASIAN:
        rest = name.removeprefix(mark).removesuffix(mark).strip()
        if rest != name and _speaks(rest):
            return rest
    words = name.split(" ")
    for count in range(min(_MAX_FORM_WORDS, len(words) - 1), 0, -1):
        head, tail = " ".join(words[:-count]).rstrip(_ENDS), words[-count:]
        if _is_form(tail, anyhow=anyhow) and _speaks(head):
            return _without_pt(head, tail)
    first, rest = words[0], " ".join(words[1:]).strip(_QUOTES)
    if first.isupper() and _folded([first]) in _BEFORE and _speaks(rest):
        return rest
    return rest if first == "AB" and rest.casefold() in _AFTER_AB else name


def _without_pt(head: str, form: list[str]) -> str:
    """Return an Indonesian name without what it begins with."""
    rest = head.removeprefix("PT. ").removeprefix("PT ")
    return rest if _folded(form).endswith("tbk") and _speaks(rest) else head


def _folded(words: list[str]) -> str:
    return _BARE.sub("", " ".join(words).casefold())


def _is_form(words: list[str], *, anyhow: bool) -> bool:
    """Return whether words are a legal form; short ones only as forms are written (``S.A.``,
    ``SE``, ``SpA``), for they are words as well."""
    form = _folded(words)
    if form not in _FORMS:
        return False
    if form in _SHORT_BUT_SURE or len(form) > _LONGEST_ACRONYM or form == "gmbh":
        return True
    text = " ".join(words).strip("().,")
    written = "." in text or "/" in text or any(map(str.isupper, text[1:]))
    return written or (anyhow and form not in _WORDS)


def _speaks(rest: str) -> bool:
    """Return whether something is left that can be a name by itself."""
    return any(word not in ("the", "and") for word in words_in(rest))


def _cased(name: str, *, alone: bool) -> str:
    """Return a name of several words in capitals in the spelling of names; one word as it is,
    unless it stood beside a legal form (``alone``), for many spell theirs so."""
    words = name.split(" ")
    if (len(words) == 1 and not alone) or not is_plain_capitals(name):
        return name
    return " ".join(_cased_word(word, first=number == 0) for number, word in enumerate(words))


def _cased_word(word: str, *, first: bool) -> str:
    letters = "".join(filter(str.isalpha, word))
    if not first and word.lower() in _SMALL:
        return word.lower()
    if letters in _ACRONYMS or _VOWELS.isdisjoint(letters) or any(c in word for c in "&0123456789"):
        return word
    short = len(letters) < _LONGEST_ACRONYM
    return word if short and letters not in _SHORT_WORDS else name_word(word)
