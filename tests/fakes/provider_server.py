"""Providers of company data on 127.0.0.1, in the shapes of the real ones, as well or as badly
behaved as they are told to be.

    python -m tests.fakes.provider_server --port 4704 [--behaviour ok] [--latency-ms 0]

By hand: ``PUT /_control {"behaviour": "error", "latency_ms": 500}``, ``GET /_calls``,
``DELETE /_calls``. Whatever domain is asked for is known, but those that begin with ``unknown``.
"""

import argparse
import gzip
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, get_args
from urllib.parse import parse_qs, unquote, urlsplit

type Json = Any
type Behaviour = Literal[
    "ok", "slow", "drip", "down", "error", "busy", "throttled", "refused", "unpaid", "huge",
    "redirect", "html", "text", "array", "garbage", "gzip", "empty", "cut", "wrong_types", "miss",
]  # fmt: skip

BEHAVIOURS: tuple[Behaviour, ...] = get_args(Behaviour.__value__)
RETRY_AFTER_SECONDS = 90
IP_DOMAIN = "initech.example"
LONG_SECONDS = 30

_STATUS = {"error": 500, "busy": 503, "throttled": 429, "refused": 401, "unpaid": 402, "miss": 404}
_BODIES: Mapping[str, tuple[str, bytes]] = {
    "html": ("text/html", b"<html>sign in</html>"),
    "text": ("text/plain", b'{"name": "Acme"}'),
    "array": ("application/json", b'[{"name": "Acme"}]'),
    "garbage": ("application/json", b'{"name": "Ac'),
    "empty": ("application/json", b""),
    "huge": ("application/json", b'{"name": "' + b"a" * 2_000_000 + b'"}'),
}


@dataclass(frozen=True)
class Call:
    """One request that arrived."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


class Providers:
    """What the server does, and what arrived there. Safe to share between threads."""

    def __init__(self, behaviour: Behaviour = "ok", latency_ms: int = 0) -> None:
        self.behaviour: Behaviour = behaviour
        self.latency_ms = latency_ms
        self.answer: Json = None
        """What every look-up is answered with, in the place of what is known."""
        self.calls: list[Call] = []
        self.at_once = 0
        self.over = threading.Event()
        self._lock = threading.Lock()
        self._now = 0

    def begin(self, call: Call) -> None:
        """Count a call."""
        with self._lock:
            self.calls.append(call)
            self._now += 1
            self.at_once = max(self.at_once, self._now)

    def end(self) -> None:
        """A call has been answered."""
        with self._lock:
            self._now -= 1

    def forget(self) -> None:
        """Count anew."""
        with self._lock:
            self.calls, self.at_once = [], self._now

    def counted(self) -> Json:
        """Return the counts: calls in all, the most at once, and calls by path."""
        with self._lock:
            paths = [call.path for call in self.calls]
        return {"calls": len(paths), "at_once": self.at_once, "paths": paths}


def known(path: str, query: Mapping[str, str]) -> Json:
    """Return what the provider behind a path knows, None when it knows nothing."""
    name = path.rstrip("/").rpartition("/")[2]
    if path == "/v5/company/enrich":
        return people_data_labs_company(query.get("website", ""))
    if path == "/v5/ip/enrich":
        return people_data_labs_ip(query.get("ip", ""))
    if path == "/api/v1/organizations/enrich":
        return apollo_organization(query.get("domain", ""))
    if path == "/v2/email-verifier":
        return hunter_verification(query.get("email", ""))
    if path.startswith(("/company/", "/ip/", "/email/")):
        domain = IP_DOMAIN if path.startswith("/ip/") else name.rpartition("@")[2]
        return generic(domain)
    return None


def generic(domain: str) -> Json:
    """Return a company in a shape of nobody's."""
    if domain.startswith("unknown"):
        return None
    return {
        "company": {
            "name": domain.partition(".")[0].title(),
            "site": domain,
            "industry": "Computer Software",
            "people": 120,
            "hq": {"country": "Netherlands", "city": "Utrecht"},
            "tags": ["python", "aws"],
        },
        "match": {"score": 0.9},
    }


def people_data_labs_company(domain: str) -> Json:
    """Return a company as ``/v5/company/enrich`` does."""
    if domain.startswith("unknown"):
        return None
    return {
        "status": 200,
        "id": "tnHcNHbCv8MKeLh92946LAkX6PKg",
        "name": "initech systems",
        "display_name": "Initech Systems",
        "size": "51-200",
        "employee_count": 83,
        "linkedin_follower_count": 7814,
        "founded": 2015,
        "inferred_revenue": "$50M-$100M",
        "industry": "computer software",
        "naics": None,
        "location": {
            "name": "san francisco, california, united states",
            "locality": "san francisco",
            "region": "california",
            "country": "united states",
            "continent": "north america",
            "street_address": "455 market street",
            "postal_code": "94105",
            "geo": "37.79,-122.39",
        },
        "linkedin_url": "linkedin.com/company/initech",
        "website": domain,
        "ticker": None,
        "type": "private",
        "tags": ["data"],
        "likelihood": 9,
    }


def people_data_labs_ip(address: str) -> Json:
    """Return an address as ``/v5/ip/enrich`` does."""
    return {
        "status": 200,
        "data": {
            "ip": {"address": address, "metadata": {"version": 4, "hosting": False, "vpn": False}},
            "company": {
                "confidence": "very high",
                "id": "tnHcNHbCv8MKeLh92946LAkX6PKg",
                "website": f"www.{IP_DOMAIN}",
                "name": "initech systems",
                "display_name": "Initech Systems",
                "size": "51-200",
                "founded": 2015,
                "industry": "computer software",
                "location": {"locality": "san francisco", "country": "united states"},
                "linkedin_url": "linkedin.com/company/initech",
            },
        },
    }


def apollo_organization(domain: str) -> Json:
    """Return an organisation as ``/api/v1/organizations/enrich`` does; without one: unknown."""
    if domain.startswith("unknown"):
        return {"organization": None}
    return {
        "organization": {
            "id": "5e66b6381e05b4008c8331b8",
            "name": "Initech",
            "website_url": f"http://www.{domain}",
            "linkedin_url": "http://www.linkedin.com/company/initech",
            "primary_phone": {"number": "+1 415-555-0132", "source": "Owler"},
            "logo_url": "https://assets.initech.example/logo.png",
            "primary_domain": domain,
            "industry": "information technology & services",
            "estimated_num_employees": 1600,
            "raw_address": "415 Mission St, San Francisco, California 94105, US",
            "street_address": "415 Mission St",
            "city": "San Francisco",
            "state": "California",
            "country": "United States",
            "founded_year": 2015,
            "annual_revenue_printed": "100M",
            "annual_revenue": 100000000.0,
            "total_funding": 251200000,
            "latest_funding_stage": "Series D",
            "technology_names": ["AI", "Amazon SES", "AI"],
            "keywords": ["sales engagement"],
        }
    }


def hunter_verification(address: str) -> Json:
    """Return the verdict on an address as ``/v2/email-verifier`` does."""
    return {
        "data": {
            "status": "valid",
            "result": "deliverable",
            "score": 97,
            "email": address,
            "regexp": True,
            "gibberish": False,
            "disposable": False,
            "webmail": False,
            "mx_records": True,
            "smtp_server": True,
            "smtp_check": True,
            "accept_all": False,
            "block": False,
            "sources": [],
        },
        "meta": {"params": {"email": address}},
    }


def _spoilt(value: Json) -> Json:
    """Return an answer of the same shape in which no value is of the right kind."""
    if isinstance(value, dict):
        return {name: _spoilt(each) for name, each in value.items()}
    return {"not": "this"} if isinstance(value, str | list) else "many"


class _Handler(BaseHTTPRequestHandler):
    server: "_Server"

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path == "/_calls":
            self._json(200, self.server.providers.counted())
            return
        providers = self.server.providers
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        path = unquote(url.path)
        sent = {name.lower(): value for name, value in self.headers.items()}
        providers.begin(Call(self.command, path, query, sent))
        try:
            self._answer(providers, path, query)
        finally:
            providers.end()

    do_POST = do_GET

    def do_PUT(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))))
        if self.path != "/_control" or body.get("behaviour", "ok") not in BEHAVIOURS:
            self._json(404, {"behaviours": BEHAVIOURS})
            return
        providers = self.server.providers
        providers.behaviour = body.get("behaviour", providers.behaviour)
        providers.latency_ms = int(body.get("latency_ms", providers.latency_ms))
        self._json(200, {"behaviour": providers.behaviour, "latency_ms": providers.latency_ms})

    def do_DELETE(self) -> None:
        self.server.providers.forget()
        self._json(200, {})

    def _answer(self, providers: Providers, path: str, query: Mapping[str, str]) -> None:
        behaviour = providers.behaviour
        wait = LONG_SECONDS if behaviour == "slow" else providers.latency_ms / 1000
        if providers.over.wait(wait) or behaviour == "down":
            self.close_connection = True
            return
        value = known(path, query) if providers.answer is None else providers.answer
        if behaviour in _STATUS:
            wait_for = str(RETRY_AFTER_SECONDS) if behaviour in ("throttled", "busy") else None
            self._json(_STATUS[behaviour], {"error": {"type": behaviour}}, retry_after=wait_for)
        elif behaviour in _BODIES:
            self._send(200, *_BODIES[behaviour])
        elif behaviour in ("redirect", "drip", "cut"):
            self._break_off(behaviour, providers)
        elif value is None:
            self._json(404, {"status": 404, "error": {"type": "not_found"}})
        elif behaviour == "gzip":
            packed = gzip.compress(json.dumps(value).encode())
            self._send(200, "application/json", packed, encoding="gzip")
        else:
            self._json(200, _spoilt(value) if behaviour == "wrong_types" else value)

    def _break_off(self, behaviour: Behaviour, providers: Providers) -> None:
        if behaviour == "redirect":
            self._send(302, "text/plain", b"", location=f"http://127.0.0.1:{self.port}/elsewhere")
        elif behaviour == "cut":
            self._send(200, "application/json", b'{"name":', length=500)
        else:
            self._drip(providers)

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    def _drip(self, providers: Providers) -> None:
        self._send(200, "application/json", b"{", length=9_999)
        while not providers.over.wait(0.05):
            self.wfile.write(b" ")
            self.wfile.flush()

    def _json(self, status: int, value: Json, *, retry_after: str | None = None) -> None:
        body = json.dumps(value).encode()
        self._send(status, "application/json; charset=utf-8", body, retry_after=retry_after)

    def _send(
        self,
        status: int,
        media: str,
        body: bytes,
        *,
        length: int | None = None,
        location: str | None = None,
        encoding: str | None = None,
        retry_after: str | None = None,
    ) -> None:
        headers = {
            "content-type": media,
            "content-length": str(len(body) if length is None else length),
            "location": location,
            "content-encoding": encoding,
            "retry-after": retry_after,
        }
        self.send_response(status)
        for name, value in headers.items():
            if value is not None:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def handle(self) -> None:
        with suppress(ConnectionError):  # whoever asked has hung up
            super().handle()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: requests hold keys and addresses."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, providers: Providers) -> None:
        self.providers = providers
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class FakeProviders(Providers):
    """The providers, with the URL that they are at."""

    url: str


@contextmanager
def serving_providers(behaviour: Behaviour = "ok") -> Iterator[FakeProviders]:
    """Serve on a free port until the end of the block."""
    providers = FakeProviders(behaviour)
    server = _Server(0, providers)
    providers.url = server.url
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield providers
    finally:
        providers.over.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


def main() -> None:
    """Serve on a port until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=4704)
    parser.add_argument("--behaviour", choices=BEHAVIOURS, default="ok")
    parser.add_argument("--latency-ms", type=int, default=0)
    options = parser.parse_args()
    server = _Server(options.port, Providers(options.behaviour, options.latency_ms))
    print(f"providers at {server.url}", flush=True)
    with suppress(KeyboardInterrupt):
        server.serve_forever()


if __name__ == "__main__":
    main()
