"""A hot lead as a Slack message. Whatever a visitor typed is shown and never interpreted."""

import unicodedata

from leadsignal.models.outbound import AlertLead

MAX_HEADER = 150  # Slack refuses a longer header block
MAX_LINE = 300
MAX_REASONS = 3

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # controls, direction marks, zero widths, breaks


def inert(text: str, limit: int = MAX_LINE) -> str:
    """Return ``text`` on one line, escaped, at most ``limit`` characters long as sent.

    ``& < >`` are all that Slack interprets in escaped text: mentions, links and dates need them.
    """
    pieces: list[str] = []
    length = 0
    for character in " ".join(text.split()):
        if unicodedata.category(character) in _INVISIBLE:
            continue
        piece = _ENTITIES.get(character, character)
        if length + len(piece) > limit - 1:
            pieces.append("…")
            break
        pieces.append(piece)
        length += len(piece)
    return "".join(pieces)


def message(lead: AlertLead) -> dict[str, object]:
    """Return the message as Block Kit, with a plain line for notifications."""
    name = inert(lead.name, 100) or "Somebody"
    blocks: list[dict[str, object]] = [
        {"type": "header", "text": _plain(f"Hot lead: {name}"[:MAX_HEADER])},
        {"type": "section", "fields": [_plain(line) for line in _facts(lead)]},
    ]
    reasons = [f"{reason.points:+d}  {inert(reason.text)}" for reason in lead.reasons[:MAX_REASONS]]
    if reasons:
        blocks.append({"type": "section", "text": _plain("Why\n" + "\n".join(reasons))})
    if lead.last_page:
        page = _plain(f"Last page: {inert(lead.last_page)}")
        blocks.append({"type": "context", "elements": [page]})
    company = inert(lead.company or lead.domain or "", 100)
    whose = f" of {company}" if company else ""
    return {
        "text": f"Hot lead: {name}{whose}, score {lead.score}",
        "mrkdwn": False,
        "unfurl_links": False,
        "unfurl_media": False,
        "blocks": blocks,
    }


def _facts(lead: AlertLead) -> list[str]:
    lines = [f"Score\n{lead.score} ({lead.tier})"]
    company, domain = inert(lead.company or ""), inert(lead.domain or "")
    if company or domain:
        both = f"{company} ({domain})" if company and domain else company or domain
        lines.append(f"Company\n{both}")
    return [*lines, f"Lead\n{inert(lead.lead_id)}"]


def _plain(text: str) -> dict[str, object]:
    return {"type": "plain_text", "text": text, "emoji": False}
