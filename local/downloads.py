"""Kafka's jars: fetched once from Maven Central into a cache, and used only when they match their pinned hash."""

import errno
import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from core.errors import UserError

PINS = Path(__file__).with_name("kafka.jars")
MAVEN_CENTRAL_URL = "https://repo.maven.apache.org/maven2"
_AT_ONCE = 4


@dataclass(frozen=True)
class Jar:
    """A jar by its Maven coordinates and the hash that its content must have."""

    sha256: str
    group: str
    artifact: str
    version: str

    @property
    def file_name(self) -> str:
        """Its name in the cache."""
        return f"{self.artifact}-{self.version}.jar"


def parse_pins(text: str) -> list[Jar]:
    """Lines of `sha256  group:artifact:version`."""
    return [Jar(sha256, *name.split(":")) for sha256, name in (line.split() for line in text.splitlines())]


def default_cache() -> Path:
    """Where this user's caches belong."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "faultline"


def kafka_jars(cache: Path, report: Callable[[str], None]) -> list[Path]:
    """The paths of all pinned jars, each verified now; what is missing or damaged is fetched first."""
    jars = parse_pins(PINS.read_text())
    folder = cache / "kafka"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise UserError(f"The cache {folder} cannot be made ({e.strerror}): name another with XDG_CACHE_HOME.") from e
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        good = list(pool.map(lambda jar: is_good(folder / jar.file_name, jar.sha256), jars))
    missing = [jar for jar, is_here in zip(jars, good, strict=True) if not is_here]
    if missing:
        _fetch_all(missing, folder, report)
    return [folder / jar.file_name for jar in jars]


def is_good(path: Path, sha256: str) -> bool:
    """Whether the file is there with just this content."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except FileNotFoundError:
        return False


def _fetch_all(jars: list[Jar], folder: Path, report: Callable[[str], None]) -> None:
    report(f"Fetching Kafka from Maven Central into {folder}: 0/{len(jars)} jars")
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        fetches = {pool.submit(_fetch, jar, folder): jar for jar in jars}
        try:
            for done, fetch in enumerate(as_completed(fetches), start=1):
                fetch.result()
                report(f"Fetching Kafka from Maven Central: {done}/{len(jars)} jars ({fetches[fetch].file_name})")
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _fetch(jar: Jar, folder: Path) -> None:
    # Importing jgo takes a third of a second, and nearly every start fetches nothing.
    from jgo.config import GlobalSettings
    from jgo.maven import MavenContext

    try:
        with TemporaryDirectory(prefix=".partial-", dir=folder) as partial:
            # The person's own repositories (jgo's settings may name a mirror) go first; requests knows about proxies.
            repositories = {**GlobalSettings.load().repositories, "central": MAVEN_CENTRAL_URL}
            maven = MavenContext(repo_cache=Path(partial), remote_repos=repositories)
            path = maven.project(jar.group, jar.artifact).at_version(jar.version).artifact().resolve()
            if not is_good(path, jar.sha256):
                raise UserError(
                    f"{jar.file_name} from Maven is not the file that {PINS.name} pins: it was thrown away."
                )
            path.replace(folder / jar.file_name)
    except (OSError, RuntimeError) as e:  # of the network; jgo says RuntimeError where a repository refused
        if isinstance(e, OSError) and e.errno == errno.ENOSPC:
            raise UserError(
                f"No space left on the disk of {folder} for Kafka's jars: free some, then start again."
            ) from e
        raise UserError(
            f"{jar.file_name} could not be fetched from Maven Central: check the network (or HTTPS_PROXY), then start "
            f"again; what was fetched is kept. ({type(e).__name__})"
        ) from e
