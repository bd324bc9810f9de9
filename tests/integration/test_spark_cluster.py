"""A Spark cluster as companies run one: a master and workers as processes, which read a bucket with their own keys."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from app.wiring import ROOT
from model.registry import s3_client
from tests.conftest import Servers
from tests.integration.test_recorded_files import HEADER, MIXED

pytestmark = [pytest.mark.spark, pytest.mark.timeout(900)]


def said(environment: Mapping[str, str], *arguments: str) -> object:
    """What `validate` reports; it finds bad rows, so its exit code is 1."""
    done = subprocess.run(
        [sys.executable, "-m", "app", "validate", *arguments, "--machine", "equipment", "--json"],
        env={**os.environ, **environment, "SPARK_LOCAL_IP": "127.0.0.1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    return json.loads(done.stdout)


def test_workers_of_a_real_cluster_read_a_bucket_with_their_own_keys_and_say_what_is_said_here(
    servers: Servers, environment: Mapping[str, str], tmp_path: Path
) -> None:
    from tests.spark_cluster import cluster_of_two  # needs pyspark, which the other tiers do not install

    client = s3_client(servers.s3_endpoint_url, "us-east-1", servers.s3_access_key_id, servers.s3_secret_access_key)
    bucket = environment["S3_BUCKET"]
    client.create_bucket(Bucket=bucket)
    good = f"{HEADER}\n" + "".join(f"p{at},2026-03-01T12:00:00Z,70,1.2,50,35\n" for at in range(2_000))
    for name, content in (("a.csv", MIXED), ("march/b.csv", good), ("march/c.csv", good)):
        client.put_object(Bucket=bucket, Key=f"lake/{name}", Body=content.encode())
    lake = f"s3://{bucket}/lake"

    here = said(environment, lake)
    keys = {name: environment[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    with cluster_of_two(tmp_path, keys) as master:
        assert said(environment, lake, "--engine", "spark", "--master", master) == here
    assert said(environment, lake, "--engine", "spark", "--master", "local[2]") == here, "they get the settings' keys"
