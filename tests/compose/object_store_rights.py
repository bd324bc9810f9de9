"""Runs inside a service: what its user of the object store may do there, one word a line."""

import os
from collections.abc import Callable
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

BUCKET = "faultline"
s3 = boto3.client(
    "s3",
    endpoint_url=os.environ["S3_ENDPOINT_URL"],
    region_name="us-east-1",
    aws_access_key_id=Path(os.environ["AWS_ACCESS_KEY_ID_FILE"]).read_text(encoding="ascii"),
    aws_secret_access_key=Path(os.environ["AWS_SECRET_ACCESS_KEY_FILE"]).read_text(encoding="ascii"),
    config=Config(s3={"addressing_style": "path"}, request_checksum_calculation="when_required"),
)
one = s3.list_objects_v2(Bucket=BUCKET, MaxKeys=1)["Contents"][0]["Key"]
version = s3.head_object(Bucket=BUCKET, Key=one)["VersionId"]
ATTEMPTS: dict[str, Callable[[], object]] = {
    "read": lambda: s3.get_object(Bucket=BUCKET, Key=one, VersionId=version),
    "write": lambda: s3.put_object(Bucket=BUCKET, Key="tests/written", Body=b""),
    "delete": lambda: s3.delete_object(Bucket=BUCKET, Key="tests/written"),
    "delete-version": lambda: s3.delete_object(Bucket=BUCKET, Key="tests/written", VersionId=version),
    "suspend-versions": lambda: s3.put_bucket_versioning(
        Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"}
    ),
    "let-objects-expire": lambda: s3.put_bucket_lifecycle_configuration(
        Bucket=BUCKET,
        LifecycleConfiguration={
            "Rules": [{"ID": "end", "Status": "Enabled", "Prefix": "none/", "Expiration": {"Days": 3000}}]
        },
    ),
    "change-rights": lambda: s3.put_bucket_policy(Bucket=BUCKET, Policy='{"Version": "2012-10-17", "Statement": []}'),
    "delete-bucket": lambda: s3.delete_bucket(Bucket=BUCKET),
    "make-bucket": lambda: s3.create_bucket(Bucket="another"),
}
for name, attempt in ATTEMPTS.items():
    try:
        attempt()
    except ClientError as error:
        if error.response["Error"]["Code"] == "AccessDenied":
            continue
        print(name, error.response["Error"]["Code"])
    else:
        print(name)
