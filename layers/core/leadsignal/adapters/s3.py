"""Large originals and uploaded lists in a bucket."""

from collections.abc import Callable
from datetime import datetime
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
        return _content(self._client(), self._bucket, key)


class S3Lists:
    """The uploaded lists of one tenant, under names that follow from what they hold."""

    def __init__(self, client: "Callable[[], S3Client]", bucket: str, tenant_id: str) -> None:
        self._client = client
        self._bucket = bucket
        self._tenant_id = tenant_id

    def put(self, provider_id: str, version: str, content: bytes) -> None:
        """Store a list; storing it again changes nothing.

        Raises:
            TransientError, PermanentError: it is not stored.
        """
        try:
            self._client().put_object(
                Bucket=self._bucket,
                Key=self._prefix(provider_id) + version,
                Body=content,
                ContentType="application/octet-stream",
            )
        except (BotoCoreError, ClientError) as error:
            raise _translate(error) from error

    def get(self, provider_id: str, version: str) -> bytes | None:
        """Return a list as it was stored, or None when it is not there any more.

        Raises:
            TransientError, PermanentError: it could not be read.
        """
        key = self._prefix(provider_id) + version
        return _content(self._client(), self._bucket, key)

    def sweep(self, provider_id: str, *, keep: str | None, before: datetime) -> None:
        """Remove the provider's lists that were stored before an instant, but for one.

        Of more than a thousand the rest stays for the next time.

        Raises:
            TransientError, PermanentError: some may be left.
        """
        prefix = self._prefix(provider_id)
        try:
            listed = self._client().list_objects_v2(Bucket=self._bucket, Prefix=prefix)
            for entry in listed.get("Contents", ()):
                if entry["Key"] != f"{prefix}{keep}" and entry["LastModified"] < before:
                    self._client().delete_object(Bucket=self._bucket, Key=entry["Key"])
        except (BotoCoreError, ClientError) as error:
            raise _translate(error) from error

    def _prefix(self, provider_id: str) -> str:
        return f"lists/{self._tenant_id}/{provider_id}/"


def _content(client: "S3Client", bucket: str, key: str) -> bytes | None:
    try:
        return client.get_object(Bucket=bucket, Key=key)["Body"].read()
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
