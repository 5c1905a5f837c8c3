"""The headers that every answer carries."""

ALWAYS = {
    "cache-control": "no-store",
    "strict-transport-security": "max-age=63072000",
    "x-content-type-options": "nosniff",
}
