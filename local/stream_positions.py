"""Puts the readers of table streams back to the start of their streams before the emulator starts.

MiniStack keeps where each reader is but not the stream's records, so after a restart a reader would
wait for as many new records as it had read before, and every one of those would be lost on it.
"""

import json
from pathlib import Path

FIELD = "dynamodb_stream_positions"


def rewind(state: Path) -> int:
    """Set the positions in MiniStack's saved state to 0 and return how many there were."""
    file = state / "lambda.json"
    if not file.is_file():
        return 0
    saved = json.loads(file.read_text())
    positions = saved["payload"].get(FIELD, {}).get("data", {})
    if positions:
        saved["payload"][FIELD]["data"] = dict.fromkeys(positions, 0)
        file.write_text(json.dumps(saved))
    return len(positions)
