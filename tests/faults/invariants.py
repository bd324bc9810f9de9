"""The invariants of the contract, checked from the database, the log and what the processes said."""

from collections.abc import Callable, Iterable, Mapping

from app.machines import load_machines
from app.models import model_source
from app.settings import read_settings
from core.prediction import ModelVersion
from tests.faults.chat import Chat
from tests.faults.lag import Lag
from tests.faults.memory import LIMIT_MB, PeakMemory
from tests.faults.reference import assert_as_a_clean_run
from tests.recompute import assert_derived_state
from tests.world import World, assert_invariants

TAKEOVERS_AT_MOST = 60
"""Of one partition in one scenario: the wildest, many rebalances under load, needs some thirty."""


class Checks:
    """Every invariant as a check of its own; those of the chat where there is one."""

    def __init__(
        self, world: World, template: str, memory: PeakMemory, chat: Chat | None, takeovers: int = TAKEOVERS_AT_MOST
    ) -> None:
        """`template`: a database with the champion alone, for the clean run. `takeovers`: so many at most."""
        self._world = world
        self._memory = memory
        self._takeovers = takeovers
        self._by_name: dict[str, Callable[[], None]] = {
            "I1": lambda: assert_invariants(world),
            "I2": lambda: assert_invariants(world),
            "I3": lambda: assert_derived_state(world),
            "I4": lambda: assert_as_a_clean_run(world, template),
            "I7": self._verified_models_only,
            "I8": self._little_memory,
            "I9": lambda: Lag(world).wait_until_none(0),
            "I10": self._no_process_ended_by_itself,
            "I11": self._no_secret_in_any_log,
        }
        if chat is not None:
            self._by_name |= {"I5": chat.check_sends, "I6": chat.check_replies}

    def of(self, names: Iterable[str]) -> Mapping[str, str]:
        """By invariant: what does not hold, in words, or nothing. Each is checked, whatever became of the others."""
        return {name: self._said_of(name) for name in names}

    def _said_of(self, name: str) -> str:
        try:
            self._by_name[name]()
        except Exception as error:  # noqa: BLE001  # a check that cannot be made is no reason to skip the others
            return str(error) or repr(error)
        return ""

    def _verified_models_only(self) -> None:
        stored = self._world.rows(
            "SELECT DISTINCT m.name, r.model_version FROM reading r JOIN device d ON d.id = r.device"
            " JOIN machine m ON m.id = d.machine WHERE r.score <> 'NaN'"
        )
        loaded = self._world.rows(
            "SELECT DISTINCT m.name, l.number FROM model_load l JOIN machine m ON m.id = l.machine"
            " WHERE l.outcome = 'loaded'"
        )
        assert set(map(tuple, stored)) <= set(map(tuple, loaded)), "a prediction of a version that nobody loaded"
        settings = read_settings(self._world.environment)
        machines = load_machines(self._world.folder / "machines")
        source = model_source(settings, self._world.owner)
        for row in stored:
            source.verify(machines[row.name], ModelVersion(row.name, row.model_version), lambda _: None)

    def _little_memory(self) -> None:
        consumers = {process.pid for process in self._world.started if "consumer" in process.log.name}
        peaks = {pid: mb for pid, mb in self._memory.mb.items() if pid in consumers}
        assert peaks, "nobody's memory was measured"
        assert max(peaks.values()) < LIMIT_MB, f"MB by process: {peaks}"

    def _no_process_ended_by_itself(self) -> None:
        ended = [process for process in self._world.started if not process.running and not process.asked_to_end]
        assert not ended, f"ended by itself: {[process.log.name for process in ended]}"
        takeovers = self._world.one("SELECT coalesce(max(owner_epoch), 0) FROM ingest_partition")
        assert takeovers <= self._takeovers, f"a partition was taken over {takeovers} times"

    def _no_secret_in_any_log(self) -> None:
        secrets = read_settings(self._world.environment).secrets()
        lines = {line for secret in secrets for line in secret.splitlines() if len(line) > 12 and "-----" not in line}
        assert len(lines) >= 3, "the database's password, the S3 secret and the signing key"
        for process in self._world.started:
            said = process.log.read_text(errors="replace")
            assert not [line for line in lines if line in said], f"a secret is in {process.log.name}"
