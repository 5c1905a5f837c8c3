"""The emulator's Parameter Store is held to what AWS does, as the fake and moto are."""

from uuid import uuid4

import pytest

from local.aws import client
from tests.integration import test_ssm_contract as contract

globals().update({name: test for name, test in vars(contract).items() if name.startswith("test_")})


@pytest.fixture
def place() -> contract.Place:
    """A path of its own in the emulator."""
    return contract.Place(client("ssm"), f"/contract-{uuid4().hex[:8]}/providers")
