"""A short run of each fuzz target, from the corpus and from one seed."""

import importlib.util
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from app.wiring import ROOT
from tests.corpus import CORPUS

SECONDS = 25
LONGEST = 4096
JSON_WORDS = ('"{"', '"}"', '"["', '"]"', '":"', '","', '"\\""', '"\\\\u"', '"null"', '"true"', '"1e999"', '"sensors"')

pytestmark = [
    pytest.mark.fuzz,
    pytest.mark.skipif(
        importlib.util.find_spec("atheris") is None, reason="atheris has no wheel for this Python or machine"
    ),
]


def fuzzed(target: str, seeds: Mapping[str, bytes], folder: Path, seconds: int = SECONDS) -> str:
    """What a run of the target said; AssertionError where it found something."""
    corpus = folder / "corpus"
    corpus.mkdir()
    for name, value in seeds.items():
        if len(value) <= LONGEST:
            (corpus / name).write_bytes(value)
    words = folder / "words"
    words.write_text("\n".join(JSON_WORDS))
    limits = ["-seed=1", f"-max_total_time={seconds}", f"-max_len={LONGEST}", "-timeout=20", "-rss_limit_mb=0"]
    outcome = subprocess.run(
        [sys.executable, "-m", target, *limits, f"-dict={words}", f"-artifact_prefix={folder}/", str(corpus)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    assert outcome.returncode == 0, f"{outcome.stdout[-2000:]}\n{outcome.stderr[-4000:]}"
    return outcome.stderr


def executions(said: str) -> int:
    """How many inputs a run tried."""
    return int(said.split("Done ")[1].split()[0])


def test_no_bytes_break_the_decoder(tmp_path: Path) -> None:
    seeds = {name: case.value for name, case in CORPUS.items()}
    assert executions(fuzzed("tests.fuzz.decoder", seeds, tmp_path)) > 1000


def test_no_bytes_pass_the_signature_check_but_signed_ones(tmp_path: Path) -> None:
    from tests.fuzz.signature import SIGNED

    assert executions(fuzzed("tests.fuzz.signature", {"signed": SIGNED, "empty": b"{}"}, tmp_path)) > 1000
