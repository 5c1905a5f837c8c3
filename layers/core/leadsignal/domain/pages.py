"""Pages by host and path, and the patterns of URLs that rules name them by."""

from urllib.parse import urlsplit

from leadsignal.models.events import Event

MAX_KEY = 200
VIEWS = ("page_view", "screen_view")


def page_key(event: Event) -> str | None:
    """Return host and path of the event's page, in lower-case host, without a trailing slash."""
    page = event.context.page
    if page is None:
        return None
    try:
        parts = urlsplit(page.url or page.path or "")
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    path = parts.path or page.path or "/"
    if not path.startswith("/"):
        path = f"/{path}"
    return (host + (path.rstrip("/") or "/"))[:MAX_KEY]


def url_matches(pattern: str, page: str) -> bool:
    """Return whether a page (host and path) is meant by a rule's ``url``.

    A pattern that starts with ``/`` is compared with the path on any host.
    """
    text = pattern.partition("://")[2] or pattern
    text = text.partition("?")[0].partition("#")[0]
    subject = page
    if text.startswith("/"):
        subject = "/" + page.partition("/")[2]
    elif host := text.partition("/")[0]:
        text = host.lower().removeprefix("www.") + text[len(host) :]
    if text.endswith("*"):
        return subject.startswith(text[:-1]) or subject == text[:-1].rstrip("/")
    return subject.rstrip("/") == text.rstrip("/")
