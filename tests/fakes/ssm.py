"""Parameter Store in memory, as boto3's client sees it: secure strings by name."""

import re
from typing import TYPE_CHECKING, Any, Literal, cast

from tests.fakes.faults import Calls, operation, refusal

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

type Answer = dict[str, Any]

VALUE_BYTES = 4 * 1024  # of a standard parameter
LEVELS = 15

_NAME = re.compile(r"(?:/[A-Za-z0-9_.-]+)+")


class FakeSsm:
    """Parameters by name. ``held`` has their values in clear; ``calls`` counts and breaks calls."""

    service = "ssm"

    def __init__(self, calls: Calls | None = None) -> None:
        self.calls = calls or Calls()
        self.held: dict[str, str] = {}
        self._versions: dict[str, int] = {}

    @property
    def client(self) -> "SSMClient":
        """Itself, in the place of a client of boto3."""
        return cast("SSMClient", self)

    @operation
    def put_parameter(
        self, *, Name: str, Value: str, Type: Literal["SecureString"], Overwrite: bool = False
    ) -> Answer:
        if not _NAME.fullmatch(Name):
            raise refusal("PutParameter", "ValidationException", "Parameter name is invalid.")
        if Name.count("/") > LEVELS:
            message = "A hierarchy can have a maximum of 15 levels."
            raise refusal("PutParameter", "HierarchyLevelLimitExceededException", message)
        if not 1 <= len(Value.encode()) <= VALUE_BYTES:
            message = (
                "Standard tier parameters support a maximum parameter value of 4096 characters."
            )
            raise refusal("PutParameter", "ValidationException", message)
        if Name in self.held and not Overwrite:
            raise refusal("PutParameter", "ParameterAlreadyExists", "The parameter already exists.")
        self.held[Name] = Value
        self._versions[Name] = self._versions.get(Name, 0) + 1
        return {"Version": self._versions[Name], "Tier": "Standard"}

    @operation
    def get_parameter(self, *, Name: str, WithDecryption: bool = False) -> Answer:
        if Name not in self.held:
            raise refusal("GetParameter", "ParameterNotFound", "")
        value = self.held[Name] if WithDecryption else f"sealed:{len(self.held[Name])}"
        parameter = {"Name": Name, "Type": "SecureString", "Value": value}
        return {"Parameter": parameter | {"Version": self._versions[Name]}}

    @operation
    def delete_parameter(self, *, Name: str) -> Answer:
        if self.held.pop(Name, None) is None:
            raise refusal("DeleteParameter", "ParameterNotFound", "")
        del self._versions[Name]
        return {}
