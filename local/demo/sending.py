"""Sends the requests over a few connections and says what the API answered."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import httpx

from local.demo.packing import Request, count_events
from local.steps import StepFailedError

CONNECTIONS = 4
ATTEMPTS = 5
PAUSE_SECONDS = 0.5
BAR = 30


class Answers(NamedTuple):
    """How many events the API accepted, how many it refused (by code), and in how long."""

    requests: int
    accepted: int
    refused: dict[str, int]
    seconds: float


def send_all(requests: Sequence[Request], *, api_url: str) -> Answers:
    """Send every request and return what was answered; what failed for a moment is sent again.

    Raises:
        StepFailedError: a request kept failing.
    """
    total = count_events(requests)
    bar = Progress("replay", total, "events")
    accepted = 0
    refused: Counter[str] = Counter()
    start = time.perf_counter()
    limits = httpx.Limits(max_connections=CONNECTIONS)
    with (
        httpx.Client(base_url=api_url, timeout=30, limits=limits, trust_env=False) as client,
        ThreadPoolExecutor(CONNECTIONS) as pool,
    ):
        for request, verdicts in zip(
            requests, pool.map(lambda request: send(request, client), requests), strict=True
        ):
            accepted += verdicts["accepted"]
            refused.update({code: n for code, n in verdicts.items() if code != "accepted"})
            bar.add(len(request.message_ids))
    bar.done()
    return Answers(len(requests), accepted, dict(refused), time.perf_counter() - start)


def send(
    request: Request, client: httpx.Client, pause: Callable[[float], None] = time.sleep
) -> Counter[str]:
    """Send one request and count its verdicts: ``accepted``, or the code of the refusal.

    A GET that was answered counts as accepted: a pixel looks the same either way.

    Raises:
        StepFailedError: no answer, or one that is not a verdict.
    """
    said = ""
    headers = [(name.encode(), value.encode()) for name, value in request.headers.items()]
    for attempt in range(ATTEMPTS):
        if attempt:
            pause(PAUSE_SECONDS * attempt)
        try:
            answer = client.request(
                request.method, request.path, headers=headers, content=request.body or None
            )
        except httpx.TransportError as error:
            said = repr(error)
            continue
        if answer.is_success:
            return _verdicts(request, answer)
        said = f"{answer.status_code} {answer.text[:200]}"
        if answer.status_code not in (429, 500, 502, 503, 504):
            break
    raise StepFailedError(f"{request.method} {request.path.partition('?')[0]}: {said}")


def _verdicts(request: Request, answer: httpx.Response) -> Counter[str]:
    if request.method == "GET":
        return Counter(accepted=1)
    results = answer.json()["results"]
    return Counter(
        "accepted" if result["status"] == "accepted" else result["code"] for result in results
    )


class Progress:
    """A bar on the terminal; elsewhere a line at the end."""

    def __init__(self, title: str, total: int, unit: str) -> None:
        self._title = title
        self._total = total
        self._unit = unit
        self._count = 0
        self._live = sys.stdout.isatty()
        self._start = time.perf_counter()
        self._shown = float("-inf")

    def add(self, count: int) -> None:
        """Show that so many more are done."""
        self._count += count
        now = time.perf_counter()
        if self._live and now - self._shown > 0.1:
            self._shown = now
            sys.stdout.write(f"\r\033[K  …  {self._line(now)}")
            sys.stdout.flush()

    def done(self) -> None:
        """Leave the last state as a line."""
        start = "\r\033[K" if self._live else ""
        sys.stdout.write(f"{start}  ✓  {self._line(time.perf_counter())}\n")
        sys.stdout.flush()

    def _line(self, now: float) -> str:
        share = self._count / self._total if self._total else 1.0
        filled = int(share * BAR)
        seconds = max(now - self._start, 0.001)
        return (
            f"{self._title:<10}  {'█' * filled}{'░' * (BAR - filled)}  {share:4.0%}  "
            f"{self._count:,} of {self._total:,} {self._unit}  {self._count / seconds:,.0f}/s"
        )
