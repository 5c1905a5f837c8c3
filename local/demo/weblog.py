"""The web log that the demo replays: its hits as kept in `local/demo/data`."""

import json
import lzma
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

FILE = Path(__file__).resolve().parent / "data" / "weblog.ndjson.xz"

PAGE_STATUS = {200, 304}  # 304: the browser showed its own copy
PAGE_ENDINGS = {"", "html", "htm", "xhtml", "php"}
DOWNLOAD_ENDINGS = {"pdf", "jar", "gz", "deb", "exe", "gem", "conf"}
FEED_PARAMETER = "flav="  # this site's blog serves its feeds by it


class Hit(NamedTuple):
    """One request that the web server answered; ``at`` in whole seconds since 1970."""

    at: int
    address: str
    method: str
    path: str
    status: int
    referrer: str | None
    agent: str | None


def read_hits(file: Path = FILE) -> list[Hit]:
    """Return the hits in the order of the log."""
    with lzma.open(file, "rt", encoding="utf-8") as lines:
        return [Hit(*json.loads(line)) for line in lines]


def write_hits(hits: Iterable[Hit], file: Path = FILE) -> None:
    """Write hits: one JSON array per line in the order of the fields of `Hit`, compressed."""
    text = "".join(
        json.dumps(hit, ensure_ascii=False, separators=(",", ":")) + "\n" for hit in hits
    )
    file.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))


def is_page(hit: Hit) -> bool:
    """Return whether somebody looked at a page: no image, style, script, font, feed or robots.txt,
    no failure, no redirect."""
    return (
        hit.method == "GET"
        and hit.status in PAGE_STATUS
        and FEED_PARAMETER not in urlsplit(hit.path).query
        and _ending(hit.path) in PAGE_ENDINGS
    )


def is_download(hit: Hit) -> bool:
    """Return whether somebody was sent a whole document, program or archive."""
    return hit.method == "GET" and hit.status == 200 and _ending(hit.path) in DOWNLOAD_ENDINGS


def _ending(path: str) -> str:
    name = path.partition("?")[0].rpartition("/")[2]
    return name.rpartition(".")[2].lower() if "." in name else ""
