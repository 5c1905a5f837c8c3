"""The page that shows the OpenAPI document, and its files: all from here, from no other host."""

import base64
import gzip
import hashlib
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import NamedTuple

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import BaseRouter

from leadsignal.errors import NotFoundError

SWAGGER_UI = "aws_lambda_powertools.event_handler.openapi.swagger_ui"  # Apache-2.0
A_DAY_SECONDS = 86_400
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
"""What the page may load and where it may be shown; nothing inline runs."""

PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>LeadSignal API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="page"></div>
<noscript>The document itself: <a href="/v1/openapi.json">openapi.json</a></noscript>
<script src="/docs/swagger-ui.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""

START = """\
SwaggerUIBundle({
  url: "/v1/openapi.json",
  dom_id: "#page",
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
});
"""


class _File(NamedTuple):
    """One file: its media type, its text, that compressed (base64), and a tag of its version."""

    media: str
    text: str
    gzipped: str
    tag: str


def show(name: str, router: BaseRouter) -> Response[str]:
    """Return the page (``""``) or a file of it, compressed for who takes that.

    Raises:
        NotFoundError: there is no such file.
    """
    file = _read(name)
    headers: dict[str, str | list[str]] = {
        "etag": file.tag,
        "cache-control": f"public, max-age={A_DAY_SECONDS}",
        "vary": "accept-encoding",
        "content-security-policy": POLICY,
        "referrer-policy": "no-referrer",
    }
    if "gzip" not in router.current_event.headers.get("accept-encoding", ""):
        return Response(HTTPStatus.OK, file.media, file.text, headers=headers)
    headers["content-encoding"] = "gzip"
    packed = Response(HTTPStatus.OK, file.media, file.gzipped, headers=headers)
    packed.base64_encoded = True
    return packed


@cache
def _read(name: str) -> _File:
    match name:
        case "":
            return _file("text/html; charset=utf-8", PAGE)
        case "start.js":
            return _file("text/javascript; charset=utf-8", START)
        case "swagger-ui.js":
            return _file("text/javascript; charset=utf-8", _bundled("swagger-ui-bundle.min.js"))
        case "swagger-ui.css":
            return _file("text/css; charset=utf-8", _bundled("swagger-ui.min.css"))
    raise NotFoundError("there is no such file")


def _bundled(name: str) -> str:
    return files(SWAGGER_UI).joinpath(name).read_text("utf-8")


def _file(media: str, text: str) -> _File:
    encoded = text.encode()
    tag = f'"{hashlib.sha256(encoded).hexdigest()[:16]}"'
    return _File(media, text, base64.b64encode(gzip.compress(encoded, mtime=0)).decode(), tag)
