"""The demo's own webhooks and alert: made for one run, gone after it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from local.demo.client import Api
from local.demo.receiver import SLACK_PATH, Receiver

ALERT_NAME = "Demo: a lead became hot"


@contextmanager
def webhook(api: Api, receiver: Receiver, path: str, types: Sequence[str]) -> Iterator[None]:
    """Have facts of these types sent to a path of the receiver while the block runs.

    One that an interrupted run left is removed first: its secret was shown to that run alone.
    """
    url = receiver.url(path)
    _remove(api, "/v1/webhooks", url)
    made = api.call("POST", "/v1/webhooks", {"url": url, "types": list(types)})
    receiver.expect(path, made["secret"])
    try:
        yield
    finally:
        api.call("DELETE", f"/v1/webhooks/{made['id']}")


@contextmanager
def slack_alert(api: Api, receiver: Receiver) -> Iterator[None]:
    """Have alerts of hot leads sent to the receiver while the block runs."""
    url = receiver.url(SLACK_PATH)
    _remove(api, "/v1/alerts", url)
    made = api.call("POST", "/v1/alerts", {"name": ALERT_NAME, "kind": "slack", "url": url})
    try:
        yield
    finally:
        api.call("DELETE", f"/v1/alerts/{made['id']}")


def _remove(api: Api, route: str, url: str) -> None:
    for found in api.call("GET", route, limit=100)["data"]:
        if found["url"] == url:
            api.call("DELETE", f"{route}/{found['id']}")
