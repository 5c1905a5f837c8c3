"""The emulator of the laptop stack is held to what AWS does, as fakes and moto are."""

from collections.abc import Iterator

import pytest

from tests.fakes.accounts import Account, in_ministack
from tests.integration import test_aws_contract as contract

globals().update(
    {
        name: test
        for name, test in vars(contract).items()
        if name.startswith("test_") and "ministack" not in contract.lies(test)
    }
)


@pytest.fixture
def aws() -> Iterator[Account]:
    """The account in the emulator."""
    yield from in_ministack()
