"""Whether an answer is what the OpenAPI document says of its operation."""

import json

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from tests.fakes.flow import headers_of
from tests.fakes.front_door import document, resolved
from tests.fakes.lambda_side import Json

ALWAYS = {"x-content-type-options", "cache-control", "content-type", "strict-transport-security"}


def departures(operation: Json, answer: Json) -> list[str]:
    """Return in which ways an answer departs from what is said of the operation."""
    status = str(answer["statusCode"])
    if status not in operation["responses"]:
        return [f"answers {status}, which is not in the document"]
    said = resolved(operation["responses"][status])
    found = _headers(said, headers_of(answer))
    body = answer.get("body") or ""
    media = headers_of(answer).get("content-type", "")
    if "content" not in said:
        return found + ([f"answers {status} with a body"] if body else [])
    if media not in said["content"]:
        return [*found, f"answers {media!r}"]
    if not media.endswith("json"):
        return found
    schema = said["content"][media]["schema"]
    shared = {"components": {"schemas": document()["components"]["schemas"]}}
    validator = Draft202012Validator(shared | schema)
    return found + [
        f"{error.json_path}: {error.message}" for error in validator.iter_errors(json.loads(body))
    ]


def _headers(said: Json, sent: dict[str, str]) -> list[str]:
    known = {name.lower(): resolved(header) for name, header in said["headers"].items()}
    missing = [
        f"has no header {name}"
        for name, header in known.items()
        if header.get("required") and name not in sent
    ]
    unknown = sent.keys() - known.keys() - ALWAYS
    return missing + [f"has a header {name} that is not in the document" for name in unknown]
