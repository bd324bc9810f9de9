"""boto3's errors under the names that say what to do."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from core.errors import ModelRefused, Unauthorised, Unavailable, UserError

_REJECTED = {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "403"}
_ABSENT = {"NoSuchKey", "NoSuchVersion", "404"}
# A VersionId that no such server ever gave out, and a deleted object.
_ABSENT |= {"InvalidArgument", "MethodNotAllowed", "405"}
_NO_BUCKET = "name it in S3_BUCKET, or let the trainer create it"


@contextmanager
def failures_named(bucket: str, what: str = "the bucket", otherwise: str = _NO_BUCKET) -> Iterator[None]:
    """Raises ModelRefused where `what` is absent, Unauthorised, Unavailable, UserError where no such bucket is.

    `otherwise`: what to do then.
    """
    try:
        yield
    except ClientError as error:
        raise _translated(error, bucket, what, otherwise) from error
    except NoCredentialsError as error:
        raise Unauthorised("S3 has no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY") from error
    except BotoCoreError as error:
        raise Unavailable(f"S3 does not answer (S3_ENDPOINT_URL): {error}") from error


def _translated(error: ClientError, bucket: str, what: str, otherwise: str) -> Exception:
    code = error.response.get("Error", {}).get("Code", "")
    if code in _REJECTED:
        return Unauthorised(
            f"S3 rejects our credentials for {what} ({code}): check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )
    if code == "NoSuchBucket":
        return UserError(f"there is no bucket {bucket}: {otherwise}")
    if code in _ABSENT:
        return ModelRefused(f"{what} is not in the bucket {bucket}")
    return Unavailable(f"S3 answers {what} with {code or error}")
