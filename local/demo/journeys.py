"""What each visitor does, as events: the log's own page views and downloads, and what is added."""

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple
from urllib.parse import urlencode, urlsplit

from local.demo.people import Person, is_curious
from local.demo.visitors import SITE_HOST, Visitor, draw, outside_referrer
from local.demo.weblog import Hit, is_page

type Sender = Literal["browser", "light", "mail", "server"]

SITE = f"http://{SITE_HOST}"
CAMPAIGN_SHARE = 0.2
HOUR = 3600

SEARCH_CAMPAIGNS = (("google", "cpc", "log-search"), ("google", "cpc", "xdotool-brand"))
OTHER_CAMPAIGNS = (
    ("linkedin", "paid_social", "ops-leaders"),
    ("newsletter", "email", "november-digest"),
    ("partner-hub", "referral", "puppet-partners"),
)
WELCOME = ("newsletter", "email", "welcome")
MAIL_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.4.0"


class Act(NamedTuple):
    """One event and who reports it.

    ``at`` is in seconds on the log's clock. ``message`` is what Segment's format calls one, but
    for its time. ``real`` when the log has it.
    """

    at: int
    sender: Sender
    message: dict[str, Any]
    agent: str | None
    real: bool = False


def acts_of(visitor: Visitor, person: Person | None, *, until: int) -> list[Act]:
    """Return everything a visitor does up to the end of the log, oldest first."""
    author = _Author(visitor, until)
    for number, hit in enumerate(visitor.hits):
        author.hit(number, hit)
    if person is not None:
        author.identify(person)
    elif is_curious(visitor):
        author.look_around()
    return sorted(author.acts, key=lambda act: (act.at, act.message["messageId"]))


class _Author:
    """Writes the acts of one visitor."""

    def __init__(self, visitor: Visitor, until: int) -> None:
        self._visitor = visitor
        self._until = until
        self._campaign = campaign_of(visitor)
        self.acts: list[Act] = []

    def hit(self, number: int, hit: Hit) -> None:
        """Add what the log says."""
        if is_page(hit):
            campaign = (
                None
                if any(act.message["type"] == "page" for act in self.acts)
                else (self._campaign)
            )
            self._page(f"p{number}", hit.at, hit.path, hit.referrer, campaign=campaign, real=True)
            return
        parts = urlsplit(hit.path)
        message = self._message("track", f"d{number}")
        message |= {"event": "file_downloaded", "properties": {"file": parts.path}}
        message["context"]["page"] = {"url": SITE + parts.path, "path": parts.path}
        # A link's light event is a browser's; what another program took, the site itself reports.
        by_browser = (self._visitor.agent or "").startswith("Mozilla/")
        self._add(hit.at, "light" if by_browser else "browser", message, real=True)

    def look_around(self) -> None:
        """Add a look at the commercial pages by somebody who stays anonymous."""
        start, before = self._last_page()
        self._page("pricing", start + 35, "/pricing", before)
        if self._draw("thorough") < 0.6:
            self._page("demo", start + 80, "/demo", f"{SITE}/pricing")
        if self._draw("compares") < 0.4:
            self._page("pricing2", start + 150, "/pricing", f"{SITE}/demo")
        if self._draw("contacts") < 0.4:
            self._page("contact", start + 200, "/contact", f"{SITE}/pricing")

    def identify(self, person: Person) -> None:
        """Add how a person makes themselves known, and what comes of it."""
        start, before = self._last_page()
        match person.story:
            case "asks_for_demo":
                self._page("pricing", start + 35, "/pricing", before)
                self._page("demo", start + 90, "/demo", f"{SITE}/pricing")
                self._form(start + 170, person, "request-demo", "/demo")
                self._server("asked", start + 175, person, "demo_requested")
            case "compares":
                self._page("pricing", start + 40, "/pricing", before)
                self._page("contact", start + 110, "/contact", f"{SITE}/pricing")
                self._form(start + 180, person, "contact", "/contact")
            case "signs_up":
                self._form(start + 60, person, "trial", "/demo")
                self._server("signup", start + 120, person, "signed_up", known=True)
            case "reads":
                self._form(start + 45, person, "white-paper", urlsplit(before).path)
            case "subscribes":
                message = self._message("identify", "identify")
                message["traits"] = {"email": person.email, **_names(person)}
                self._add(start + 50, "browser", message)
        self._mails(start, person)

    def _draw(self, purpose: str) -> float:
        return draw(self._visitor.anonymous_id, purpose)

    def _last_page(self) -> tuple[int, str]:
        """Return when and where the visitor was last, of the pages the log has."""
        pages = [act for act in self.acts if act.message["type"] == "page"]
        if not pages:
            return self._visitor.hits[-1].at, f"{SITE}/"
        return pages[-1].at, pages[-1].message["context"]["page"]["url"]

    def _mails(self, start: int, person: Person) -> None:
        """Add the opened welcome mail, and the visit by its link, where the log still runs."""
        if person.kind == "disposable" or self._draw("opens") > 0.6:
            return
        opened = start + 4 * HOUR + int(self._draw("when") * 20 * HOUR)
        if opened + HOUR > self._until:
            return
        message = self._message("track", "open")
        message |= {"event": "email_opened", "email": person.email}
        message |= {"properties": {"mail": "welcome"}, "context": {}}
        self.acts.append(Act(opened, "mail", message, MAIL_AGENT))
        if self._draw("clicks") < 0.5:
            self._page("welcome", opened + 40, "/pricing", None, campaign=WELCOME)

    def _form(self, at: int, person: Person, form: str, path: str) -> None:
        message = self._message("track", "form")
        message |= {
            "event": "form_submitted",
            "properties": {"form": form, "email": person.email, **_names(person)},
        }
        message["context"]["page"] = {"url": SITE + path, "path": path}
        self._add(at, "browser", message)

    def _server(
        self, name: str, at: int, person: Person, event: str, *, known: bool = False
    ) -> None:
        message = self._message("track", name)
        message |= {"event": event, "properties": {"email": person.email, "plan": "trial"}}
        message["context"] = {}
        if known:
            message["userId"] = person.user_id
        self.acts.append(Act(min(at, self._until), "server", message, None))

    def _page(
        self,
        name: str,
        at: int,
        path: str,
        referrer: str | None,
        *,
        campaign: tuple[str, str, str] | None = None,
        real: bool = False,
    ) -> None:
        parts = urlsplit(path)
        search = parts.query
        message = self._message("page", name)
        if campaign is not None:
            source, medium, called = campaign
            utm = {"utm_source": source, "utm_medium": medium, "utm_campaign": called}
            search = "&".join(part for part in (search, urlencode(utm)) if part)
            message["context"]["campaign"] = {"source": source, "medium": medium, "name": called}
        query = f"?{search}" if search else ""
        page = {"path": parts.path, "url": f"{SITE}{parts.path}{query}"}
        if query:
            page["search"] = query
        if referrer is not None:
            page["referrer"] = referrer
        message["context"]["page"] = page
        message["properties"] = page
        self._add(at, "browser", message, real=real)

    def _add(self, at: int, sender: Sender, message: dict[str, Any], *, real: bool = False) -> None:
        self.acts.append(Act(min(at, self._until), sender, message, self._visitor.agent, real))

    def _message(self, kind: str, name: str) -> dict[str, Any]:
        context: dict[str, Any] = {"ip": self._visitor.address}
        if self._visitor.agent is not None:
            context["userAgent"] = self._visitor.agent
        return {
            "type": kind,
            "messageId": f"demo-{self._visitor.anonymous_id}-{name}",
            "anonymousId": self._visitor.anonymous_id,
            "context": context,
        }


def campaign_of(visitor: Visitor) -> tuple[str, str, str] | None:
    """Return source, medium and name of the campaign that brought a visitor, if one did.

    Who came from Google may have come by an advertisement there; who came from nowhere that the
    log knows, by one of the others.
    """
    if draw(visitor.anonymous_id, "campaign") >= CAMPAIGN_SHARE:
        return None
    if any("utm_" in hit.path for hit in visitor.hits):
        return None  # the log has a real one
    host = outside_referrer(visitor)
    if host is None:
        choices: tuple[tuple[str, str, str], ...] = OTHER_CAMPAIGNS
    elif ".google." in f".{host}":
        choices = SEARCH_CAMPAIGNS
    else:
        return None
    return choices[int(draw(visitor.anonymous_id, "which campaign") * len(choices))]


def _names(person: Person) -> dict[str, str]:
    said = {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "title": person.title,
        "phone": person.phone,
    }
    return {name: value for name, value in said.items() if value is not None}


def all_acts(
    visitors: Iterable[Visitor], people: dict[str, Person], *, until: int
) -> dict[str, list[Act]]:
    """Return the acts of every visitor by anonymous id."""
    return {
        visitor.anonymous_id: acts_of(visitor, people.get(visitor.anonymous_id), until=until)
        for visitor in visitors
    }
