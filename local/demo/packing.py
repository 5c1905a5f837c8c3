"""Acts as HTTP requests: as a browser, a mail program and a server would send them."""

import base64
import gzip
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self
from urllib.parse import urlencode

from local.demo.journeys import Act
from local.demo.visitors import draw

SESSION_GAP = 30 * 60
MOST_PER_BATCH = 20  # what Segment's browser library sends at once at most is of this order
SINGLES_SHARE = 0.5  # of the sessions whose events a browser sends one by one
BEACON_ROUTES = {"page": "/v1/p", "track": "/v1/t", "identify": "/v1/i"}
SERVER_AGENT = "leadsignal-demo-server/1.0"


class Keys(NamedTuple):
    """The write key of the site's pages, the secret key of its server."""

    write: str
    secret: str


class Request(NamedTuple):
    """One request to the track routes; ``at`` is when its last event happened."""

    at: int
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    message_ids: tuple[str, ...]


class Clock(NamedTuple):
    """Moves the log's clock: its last second ``end`` becomes the instant ``now_ms``."""

    end: int
    now_ms: int

    @classmethod
    def at_known(cls, end: int, at: int, timestamp: str) -> Self:
        """Return the clock by which the log's instant ``at`` became ``timestamp``."""
        moment = datetime.fromisoformat(timestamp)
        return cls(end, round(moment.timestamp() * 1000) + (end - at) * 1000)

    def moved(self, at: int) -> str:
        """Return an instant of the log on today's clock; gaps stay as they were."""
        moment = datetime.fromtimestamp((self.now_ms - (self.end - at) * 1000) / 1000, UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def requests_of(
    acts_by_visitor: dict[str, list[Act]], *, keys: Keys, clock: Clock
) -> list[Request]:
    """Return every request in the order in which they would have come."""
    requests: list[Request] = []
    for visitor_id, acts in acts_by_visitor.items():
        browser = [act for act in acts if act.sender == "browser"]
        for session in sessions_of(browser):
            requests += _from_browser(visitor_id, session, keys, clock)
        requests += [
            _from_link(act, keys, clock) for act in acts if act.sender in ("mail", "light")
        ]
        server = [act for act in acts if act.sender == "server"]
        requests += [_from_server(server, keys, clock)] if server else []
    return sorted(requests, key=lambda request: (request.at, request.message_ids))


def sessions_of(acts: Sequence[Act]) -> list[list[Act]]:
    """Return the acts in runs without a long pause."""
    sessions: list[list[Act]] = []
    for act in acts:
        if sessions and act.at - sessions[-1][-1].at <= SESSION_GAP:
            sessions[-1].append(act)
        else:
            sessions.append([act])
    return sessions


def _from_browser(
    visitor_id: str, session: Sequence[Act], keys: Keys, clock: Clock
) -> list[Request]:
    """Return a session's requests: beacons one by one, or what a library collects first."""
    singly = draw(visitor_id, f"singly {session[0].at}") < SINGLES_SHARE
    if len(session) == 1 or singly:
        return [_beacon(act, keys, clock) for act in session]
    parts = [
        session[start : start + MOST_PER_BATCH] for start in range(0, len(session), MOST_PER_BATCH)
    ]
    return [_batch(part, keys, clock) for part in parts]


def _beacon(act: Act, keys: Keys, clock: Clock) -> Request:
    """Return what ``navigator.sendBeacon`` sends: plain text, for that needs no preflight."""
    message = _timed(act, clock) | {"writeKey": keys.write}
    headers = _agent(act) | {"content-type": "text/plain;charset=UTF-8"}
    return _post(BEACON_ROUTES[message["type"]], headers, _json(message), [act])


def _batch(acts: Sequence[Act], keys: Keys, clock: Clock) -> Request:
    headers = _agent(acts[0]) | {"content-type": "application/json", **_basic(keys.write)}
    body = {"batch": [_timed(act, clock) for act in acts]}
    return _post("/v1/batch", headers, _json(body), acts)


def _from_link(act: Act, keys: Keys, clock: Clock) -> Request:
    """Return the GET of an image in a mail, or of a link's light event."""
    message = _timed(act, clock)
    query: dict[str, str] = {"writeKey": keys.write, "event": message["event"]}
    names = ["messageId", "timestamp", "email" if act.sender == "mail" else "anonymousId"]
    query |= {name: message[name] for name in names}
    query |= message["properties"] | message["context"].get("page", {})
    path = "/v1/pixel.gif" if act.sender == "mail" else "/v1/e"
    return Request(
        act.at, "GET", f"{path}?{urlencode(query)}", _agent(act), b"", (message["messageId"],)
    )


def _from_server(acts: Sequence[Act], keys: Keys, clock: Clock) -> Request:
    """Return what a server's library sends: a compressed batch with the secret key."""
    headers = {
        "user-agent": SERVER_AGENT,
        "content-type": "application/json",
        "content-encoding": "gzip",
        **_basic(keys.secret),
    }
    body = _json({"batch": [_timed(act, clock) for act in acts]})
    return _post("/v1/batch", headers, gzip.compress(body, mtime=0), acts)


def _post(path: str, headers: dict[str, str], body: bytes, acts: Sequence[Act]) -> Request:
    identifiers = tuple(act.message["messageId"] for act in acts)
    return Request(acts[-1].at, "POST", path, headers, body, identifiers)


def _timed(act: Act, clock: Clock) -> dict[str, Any]:
    return act.message | {"timestamp": clock.moved(act.at)}


def _agent(act: Act) -> dict[str, str]:
    return {"user-agent": act.agent or ""}


def _basic(key: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def timestamps(acts_by_visitor: dict[str, list[Act]], clock: Clock) -> dict[str, dict[str, str]]:
    """Return visitor → message id → the time that is sent with it."""
    return {
        visitor: {act.message["messageId"]: clock.moved(act.at) for act in acts}
        for visitor, acts in acts_by_visitor.items()
    }


def count_events(requests: Iterable[Request]) -> int:
    """Return how many events requests carry."""
    return sum(len(request.message_ids) for request in requests)
