"""Text as it is kept, and as it is compared."""

import re
import unicodedata

_BLANKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_UNSEEN = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"}
)
_WORDS = re.compile(r"[^\W_]+")
_APOSTROPHES = str.maketrans("", "", "'’ʼ`´")


def tidy(text: str) -> str | None:
    """Return text in one line and Unicode NFC: trimmed, each run of blanks and control characters
    one blank, without characters that nobody sees; None when nothing is left."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip() or None
    if not text.isascii():
        text = unicodedata.normalize("NFC", _UNSEEN.sub("", text))
    return _BLANKS.sub(" ", text).strip() or None


def bare(text: str) -> str:
    """Return a text without case, accents and apostrophes."""
    plain = text.translate(_APOSTROPHES)
    if plain.isascii():
        return plain.lower()
    parted = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", plain).casefold())
    return "".join(c for c in parted if not unicodedata.combining(c)).translate(_LETTERS)


def words_of(plain: str) -> list[str]:
    """Return the words of a text, without punctuation."""
    return _WORDS.findall(plain)


def words_in(text: str) -> list[str]:
    """Return the words of a text without case, accents and punctuation."""
    return words_of(bare(text))


def folded(text: str) -> str:
    """Return a text without case, accents, blanks and punctuation."""
    return "".join(words_in(text))
