"""After everything else: the functions' logs tell nothing of a person, and no secret."""

from tests.system.function_logs import read_all


def test_no_function_logged_a_secret_or_a_personal_datum() -> None:
    read, found = read_all()
    assert read > 0
    assert not found, "\n".join(found[:20])
