"""``If-Match`` and ``If-None-Match``: the entity tags that a client sends (RFC 9110)."""

import re
from typing import NamedTuple

from leadsignal.errors import MalformedInputError

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"[ \t]*(?:,[ \t]*|\Z)')
# 0 is of what is there before it is stored; what else an answer says may follow as a digest
_VERSION = re.compile(r"(0|[1-9][0-9]{0,17})(?:\.[0-9a-f]{32})?")


class EntityTags(NamedTuple):
    """What such a header holds: ``*``, or tags; each is (weak, text between the quotes)."""

    anything: bool
    tags: tuple[tuple[bool, str], ...] = ()

    @property
    def versions(self) -> frozenset[int]:
        """The versions that strong tags of ours name; a weak tag names none."""
        found = (_VERSION.fullmatch(text) for weak, text in self.tags if not weak)
        return frozenset(int(each[1]) for each in found if each)

    def includes(self, etag: str) -> bool:
        """Return whether ``etag`` (with its quotes) is among them, weak or strong."""
        return self.anything or any(f'"{text}"' == etag for _, text in self.tags)


def parse(header: str) -> EntityTags:
    """Return the tags of a header.

    Raises:
        MalformedInputError: ``invalid-header``: neither ``*`` nor a list of quoted tags.
    """
    text = header.strip(" \t")
    if text == "*":
        return EntityTags(anything=True)
    tags: list[tuple[bool, str]] = []
    at = 0
    while at < len(text):
        found = _TAG.match(text, at)
        if found is None:
            break
        tags.append((found[1] is not None, found[2]))
        at = found.end()
    if not tags or at < len(text) or text.endswith(","):
        detail = 'an entity tag is a quoted string such as "7"'
        raise MalformedInputError("invalid-header", detail)
    return EntityTags(anything=False, tags=tuple(tags))
