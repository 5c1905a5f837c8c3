"""Readers of table streams begin anew when the emulator does."""

import json
from pathlib import Path

from local.stream_positions import FIELD, rewind


def test_saved_positions_go_back_to_the_start_and_the_rest_stays(tmp_path: Path) -> None:
    file = tmp_path / "lambda.json"
    saved = {"payload": {FIELD: {"scoped": True, "data": {"a": 36, "b": 0}}, "esms": [1]}}
    file.write_text(json.dumps(saved))

    assert rewind(tmp_path) == 2

    saved["payload"][FIELD]["data"] = {"a": 0, "b": 0}  # type: ignore[index]
    assert json.loads(file.read_text()) == saved


def test_a_first_start_has_nothing_to_put_back(tmp_path: Path) -> None:
    assert rewind(tmp_path) == 0
