"""Values that stand in a form because something had to: no names, addresses or numbers."""

import re
import unicodedata

_CERTAIN = {
    "asdf", "asdfg", "asdfgh", "asdfghjk", "asdfjkl", "asdasd", "asd", "sdf", "qwerty", "qwert",
    "qwer", "qwertz", "azerty", "zxcv", "zxcvbn", "hjkl", "jkl", "test", "tests", "tester",
    "testing", "testuser", "testtest", "testname", "testlead", "dummy", "fake", "foobar",
    "firstname", "lastname", "fname", "lname", "yourname", "vorname", "nachname", "voornaam",
    "achternaam", "prenom", "nomdefamille", "blah", "blahblah", "abc", "abcd", "abcde",
    "abcdef", "xyz", "xxx", "lorem", "ipsum",
}  # fmt: skip
_LIKELY = {
    "na", "none", "null", "nil", "nan", "undefined", "unknown", "anonymous", "anonym",
    "anoniem", "guest", "user", "admin", "name", "nobody", "noone", "foo", "bar", "baz", "a",
    "b", "x", "y", "z", "me", "no", "nein", "nee", "first", "last", "person", "customer",
    "client", "default", "empty",
}  # fmt: skip
_NOBODY = frozenset(("john doe", "jane doe", "max mustermann", "erika mustermann", "jan modaal",
    "mickey mouse", "donald duck", "mario rossi test", "joe bloggs"))  # fmt: skip
_RUN = re.compile(r"(.)\1{2,}", re.DOTALL)
_EXAMPLES = frozenset(("example.com", "example.net", "example.org"))
_RESERVED = frozenset(("example", "invalid", "localhost", "local", "test"))  # RFC 2606 and 6762


def is_placeholder_name(first: str | None, last: str | None) -> bool:
    """Return whether a name is none that a person has: keys beside one another, ``test``, one
    letter again and again, no letter at all. A real surname such as Null is no placeholder."""
    words = [_folded(name) for name in (first, last) if name]
    if not words:
        return False
    if any(word in _CERTAIN or _RUN.fullmatch(word) or not _has_letter(word) for word in words):
        return True
    return all(word in _LIKELY for word in words) or " ".join(words) in _NOBODY


def is_placeholder_email(email: str) -> bool:
    """Return whether an address is on a domain that is nobody's, or its local part is made up."""
    local, _, host = email.rpartition("@")
    base = _folded(local.partition("+")[0]).rstrip("0123456789")
    reserved = host in _EXAMPLES or host.rpartition(".")[2] in _RESERVED
    return reserved or base in _CERTAIN or bool(_RUN.fullmatch(base)) or base in ("none", "noemail")


def is_placeholder_number(digits: str) -> bool:
    """Return whether a phone number is one digit again and again, or all digits in a row."""
    body = digits.lstrip("+")
    same = len(set(body[-7:])) == 1
    return same or body.endswith(("1234567890", "123456789", "0123456789", "987654321"))


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in plain if c.isalnum())


def _has_letter(word: str) -> bool:
    return any(c.isalpha() for c in word)
