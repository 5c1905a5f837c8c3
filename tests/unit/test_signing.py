"""Signatures of webhooks, against the published vector and the official verifier."""

import base64
import re
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from leadsignal.domain import signing
from leadsignal.errors import PermanentError

SECRET = signing.format_secret(bytes(range(32)))
OTHER = signing.format_secret(bytes(range(1, 33)))
BODY = '{"name":"Zoë","share":0.1}'.encode()


def headers(secrets: list[str], *, timestamp: int, body: bytes = BODY) -> dict[str, str]:
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signing.sign(
            secrets, message_id="msg_1", timestamp=timestamp, body=body
        ),
    }


def now() -> int:
    return int(datetime.now(UTC).timestamp())  # the official verifier reads the real clock


def test_the_published_vector_is_reproduced() -> None:
    signature = signing.sign(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secret_has_the_standard_form_and_32_bytes() -> None:
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", SECRET)
    assert signing.read_secret(SECRET) == bytes(range(32))


def test_the_official_verifier_accepts_what_we_sign() -> None:
    assert Webhook(SECRET).verify(BODY, headers([SECRET], timestamp=now())) == {
        "name": "Zoë",
        "share": 0.1,
    }


@pytest.mark.parametrize("secret", [SECRET, OTHER])
def test_either_secret_verifies_while_both_sign(secret: str) -> None:
    sent = headers([SECRET, OTHER], timestamp=now())
    assert len(sent["webhook-signature"].split(" ")) == 2
    Webhook(secret).verify(BODY, sent)


@pytest.mark.parametrize(
    ("body", "age", "secret"),
    [
        pytest.param(BODY + b" ", 0, SECRET, id="another body"),
        pytest.param(BODY, 301, SECRET, id="replayed after 301 seconds"),
        pytest.param(BODY, 0, OTHER, id="another secret"),
    ],
)
def test_the_official_verifier_refuses(body: bytes, age: int, secret: str) -> None:
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, headers([SECRET], timestamp=now() - age))


@pytest.mark.parametrize(
    "secrets",
    [
        pytest.param([], id="none"),
        pytest.param(["whsec_"], id="empty"),
        pytest.param(["whsec_???"], id="not base64"),
        pytest.param(["whsec_é"], id="not ASCII"),
        pytest.param([base64.b64encode(bytes(32)).decode()], id="no prefix"),
        pytest.param([signing.format_secret(bytes(23))], id="too short"),
        pytest.param([SECRET, "whsec_"], id="one of two"),
    ],
)
def test_nothing_is_signed_with_a_secret_that_cannot_be_read(secrets: list[str]) -> None:
    with pytest.raises(PermanentError):
        signing.sign(secrets, message_id="msg_1", timestamp=1, body=BODY)
