"""Large originals in a bucket."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from leadsignal.errors import PermanentError, TransientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MISSING = {"404", "NoSuchKey"}
_REFUSALS = {"AccessDenied", "AllAccessDisabled", "InvalidBucketName", "NoSuchBucket"}


class S3Originals:
    """Originals by key, encrypted and forgotten as the bucket says.

    The client is made at the first use, for most requests need none.
    """

    def __init__(self, client: "Callable[[], S3Client]", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, key: str, content: bytes) -> None:
        """Store a JSON text; storing it again changes nothing.

        Raises:
            TransientError, PermanentError: it is not stored.
        """
        try:
            self._client().put_object(
                Bucket=self._bucket, Key=key, Body=content, ContentType="application/json"
            )
        except (BotoCoreError, ClientError) as error:
            raise _translate(error) from error

    def get(self, key: str) -> bytes | None:
        """Return what is stored under a key, or None when it is not there any more.

        Raises:
            TransientError, PermanentError: it could not be read.
        """
        try:
            answer = self._client().get_object(Bucket=self._bucket, Key=key)
            return answer["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                return None
            raise _translate(error) from error
        except BotoCoreError as error:
            raise _translate(error) from error


def _translate(error: BotoCoreError | ClientError) -> TransientError | PermanentError:
    if isinstance(error, BotoCoreError):
        return TransientError(f"the bucket could not be reached: {type(error).__name__}")
    code = error.response["Error"]["Code"]
    if code in _REFUSALS:
        return PermanentError(f"the bucket answered {code}")
    return TransientError(f"the bucket answered {code}")
