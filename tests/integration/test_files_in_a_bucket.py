"""`./run score s3://…` and `./run validate s3://…`: files in somebody's bucket, read where they lie."""

import gzip
import json
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from app.cli import main
from core.errors import Unauthorised, UserError
from model.registry import s3_client
from model.s3_files import S3Address, S3Files
from tests.conftest import Servers
from tests.integration.test_recorded_files import HEADER, MIXED
from tests.shell import Shell

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

GOOD = f"{HEADER}\n" + "".join(
    f"p{at % 999},2026-03-01T12:00:{at % 60:02}Z,{60 + at % 20},1.2,50,35\n" for at in range(12_000)
)


@pytest.fixture
def client(servers: Servers) -> "S3Client":
    return s3_client(servers.s3_endpoint_url, "us-east-1", servers.s3_access_key_id, servers.s3_secret_access_key)


@pytest.fixture
def bucket(client: "S3Client") -> Iterator[str]:
    name = f"lake-{uuid.uuid4().hex[:12]}"
    client.create_bucket(Bucket=name)
    yield name
    for one in client.list_objects_v2(Bucket=name).get("Contents", []):
        client.delete_object(Bucket=name, Key=one["Key"])
    client.delete_bucket(Bucket=name)


@pytest.fixture
def lake(client: "S3Client", bucket: str, tmp_path: Path) -> Path:
    """The same files in a folder here and in the bucket, with some beside them that are no readings."""
    folder = tmp_path / "lake"
    (folder / "march").mkdir(parents=True)
    (folder / "a.csv").write_text(MIXED)
    (folder / "march" / "b.csv.gz").write_bytes(gzip.compress(GOOD.encode()))
    (folder / "march" / "c.csv").write_text(GOOD)
    table = pa_csv.read_csv(folder / "march" / "c.csv")
    pq.write_table(
        table.set_column(1, "time", table["time"].cast(pa.string())), folder / "d.parquet", row_group_size=999
    )
    for file in folder.rglob("*.*"):
        client.put_object(Bucket=bucket, Key=f"plant/lake/{file.relative_to(folder)}", Body=file.read_bytes())
    for other in ("plant/lake/_SUCCESS", "plant/lake/march/", "plant/lakeside/e.csv"):
        client.put_object(Bucket=bucket, Key=other, Body=b"")
    return folder


def test_a_bucket_is_scored_and_validated_as_a_folder_is_to_the_last_bit(
    shell: Shell, csv_file: str, environment: Mapping[str, str], lake: Path, bucket: str, tmp_path: Path
) -> None:
    shell("train", "equipment", "--csv", csv_file, "--model", "lr")
    places = {
        "here": str(lake),
        "there": f"s3://{bucket}/plant/lake",
        "one": f"s3://{bucket}/plant/lake/march/b.csv.gz",
    }
    found = {
        name: json.loads(
            shell("score", place, "--machine", "equipment", "--json", "--out", str(tmp_path / f"{name}.parquet"))
        )
        for name, place in places.items()
    }
    counts = ("rows", "scored", "faults", "doubtful", "bad")
    assert [found["there"][key] for key in counts] == [found["here"][key] for key in counts]
    assert found["here"]["rows"] == 7 + 3 * 12_000
    assert pq.read_table(tmp_path / "there.parquet") == pq.read_table(tmp_path / "here.parquet")
    assert Path(found["there"]["bad_rows"]).read_text() == Path(found["here"]["bad_rows"]).read_text()
    assert found["one"]["rows"] == 12_000

    reports = [
        CliRunner(env=dict(environment)).invoke(main, ["validate", place, "--machine", "equipment", "--json"]).stdout
        for place in (places["here"], places["there"])
    ]
    assert json.loads(reports[0]) == json.loads(reports[1])


@pytest.mark.usefixtures("lake")
def test_awss_own_environment_says_where_buckets_are_when_it_is_asked_for(servers: Servers, bucket: str) -> None:
    aws = {
        "AWS_ENDPOINT_URL_S3": servers.s3_endpoint_url,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": servers.s3_access_key_id,
        "AWS_SECRET_ACCESS_KEY": servers.s3_secret_access_key,
    }
    arguments = ["validate", f"s3://{bucket}/plant/lake/march/c.csv", "--machine", "equipment", "--json"]
    done = CliRunner(env=aws).invoke(main, [*arguments, "--s3", "aws"])
    assert json.loads(done.stdout)[0]["good"] == 12_000


@pytest.mark.usefixtures("lake")
def test_what_cannot_be_read_is_named_by_its_address(
    servers: Servers, client: "S3Client", bucket: str, environment: Mapping[str, str]
) -> None:
    def refusal(place: str) -> str:
        done = CliRunner(env=dict(environment)).invoke(main, ["validate", place, "--machine", "equipment"])
        assert isinstance(done.exception, UserError), done
        return str(done.exception)

    client.put_object(
        Bucket=bucket, Key="plant/wide.csv", Body=f"{HEADER}\np1,2026-03-01T12:00:00Z,70,1,5,3,7\n".encode()
    )
    assert refusal(f"s3://{bucket}/plant/wide.csv") == (
        f"s3://{bucket}/plant/wide.csv cannot be read: row 2 has more cells than its header"
    )
    assert refusal(f"s3://{bucket}/nothing/").startswith(f"s3://{bucket}/nothing/ holds no file that ends in .csv")
    assert refusal(f"s3://{bucket}/plant/lakeside/e.csv") == f"s3://{bucket}/plant/lakeside/e.csv is empty"
    assert refusal("s3://no-such-bucket-anywhere/a.csv").startswith("there is no bucket no-such-bucket-anywhere: ")

    stranger = S3Files(s3_client(servers.s3_endpoint_url, "us-east-1", servers.s3_access_key_id, "wrong"))
    with pytest.raises(Unauthorised, match=f"for s3://{bucket}/plant"):
        stranger.at(S3Address(bucket, "plant"), (".csv",))

    ((_, file),) = S3Files(client).at(S3Address(bucket, "plant/lake/march/c.csv"), (".csv",))
    with file.open() as opened:
        assert opened.read(100) == GOOD.encode()[:100]
        client.put_object(Bucket=bucket, Key="plant/lake/march/c.csv", Body=GOOD.encode() + b"\n")
        with pytest.raises(UserError, match=r"c\.csv was replaced while it was read: run this again$"):
            opened.read()
