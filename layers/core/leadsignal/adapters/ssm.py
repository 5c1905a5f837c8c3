"""Secrets of tenants in Parameter Store, encrypted under the account's key for it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from leadsignal.errors import TransientError

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

_MISSING = "ParameterNotFound"


class SsmSecrets:
    """The secrets of one tenant, each a parameter of its own below ``path``.

    The client is made at the first use, for most requests need none.
    """

    def __init__(self, client: "Callable[[], SSMClient]", path: str, tenant_id: str) -> None:
        self._client = client
        self._path = f"{path}/{tenant_id}"

    def put(self, name: str, secret: str) -> None:
        """Keep a secret; keeping it again changes nothing.

        Raises:
            TransientError: it is not kept.
        """
        try:
            self._client().put_parameter(
                Name=self._name(name), Value=secret, Type="SecureString", Overwrite=True
            )
        except (BotoCoreError, ClientError) as error:
            raise _translate(error) from None

    def get(self, name: str) -> str | None:
        """Return a secret, or None when it is not there.

        Raises:
            TransientError: it could not be read.
        """
        try:
            answer = self._client().get_parameter(Name=self._name(name), WithDecryption=True)
        except ClientError as error:
            if error.response["Error"]["Code"] == _MISSING:
                return None
            raise _translate(error) from error
        except BotoCoreError as error:
            raise _translate(error) from error
        return answer["Parameter"]["Value"]

    def delete(self, name: str) -> None:
        """Forget a secret, if it is there.

        Raises:
            TransientError: it may still be there.
        """
        try:
            self._client().delete_parameter(Name=self._name(name))
        except ClientError as error:
            if error.response["Error"]["Code"] != _MISSING:
                raise _translate(error) from error
        except BotoCoreError as error:
            raise _translate(error) from error

    def _name(self, name: str) -> str:
        return f"{self._path}/{name}"


def _translate(error: BotoCoreError | ClientError) -> TransientError:
    if isinstance(error, BotoCoreError):
        return TransientError(f"the secrets could not be reached: {type(error).__name__}")
    return TransientError(f"the secrets answered {error.response['Error']['Code']}")
