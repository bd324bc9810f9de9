"""What processes tell of themselves: metrics, whether they live, whether they are ready."""

import logging
import socket
import threading
from collections.abc import Mapping

import httpx
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from app.heartbeat import Heartbeat
from app.settings import read_settings
from app.telemetry.consumer import ConsumerMeter, Partitions
from app.telemetry.dispatcher import MeteredOutbox
from app.telemetry.names import FROM_DATABASE, METRICS
from app.telemetry.process import LIVE_S, Telemetry
from app.telemetry.producer import Published
from app.telemetry.stored import PREFIX, Stored
from app.telemetry.trainer import metered
from app.wiring import ROOT
from consumer.standing import Standings
from core.errors import FaultlineError, NotSent, SendUnclear, Unavailable, Undeliverable
from core.ports.stream import TopicPartition
from core.training import TrainingRequest
from core.training_options import TrainingOptions
from db.measures import MEASURES
from local.ports import choose
from model.release import Outcome
from producer.publisher import Totals
from tests.builders import HotIsFaulty
from tests.clock import Clock
from tests.fake_outbox import FakeOutbox
from tests.processes import PATIENCE_S

HERE = TopicPartition("readings.press", 0)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def told(registry: CollectorRegistry) -> dict[str, float]:
    """Each sample as Prometheus reads it."""
    lines = [line for line in generate_latest(registry).decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_every_metric_is_documented_with_its_meaning() -> None:
    document = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8").splitlines()
    rows = [line for line in document if line.startswith("| `faultline_")]
    labels = [", ".join(f"`{label}`" for label in one.labels) for one in METRICS]
    assert rows == [
        f"| `{one.name}` | {one.kind} | {one.process} | {of} | {one.meaning} |"
        for one, of in zip(METRICS, labels, strict=True)
    ]


def test_names_say_what_they_count_as_prometheus_recommends() -> None:
    assert len({one.name for one in METRICS}) == len(METRICS)
    for one in METRICS:
        assert one.name.startswith(PREFIX)
        assert one.name.endswith("_total") == (one.kind == "counter"), one.name


def test_every_measure_of_the_database_has_its_metric() -> None:
    assert {one.name.removeprefix(PREFIX) for one in FROM_DATABASE} == set(MEASURES)


def test_a_process_lives_while_its_loop_comes_round(clock: Clock) -> None:
    heartbeat = Heartbeat("", clock)
    telemetry = Telemetry(heartbeat, [], now=lambda: 5000.0)
    clock.now += LIVE_S
    assert not telemetry.not_live()
    clock.now += 1
    assert telemetry.not_live() == "the main loop has not come round for 61 s"
    assert told(telemetry.registry)["faultline_loop_timestamp_seconds"] == 5000 - 61
    heartbeat.beat()
    assert not telemetry.not_live()


def test_it_is_ready_while_it_lives_and_nothing_troubles_it(clock: Clock) -> None:
    troubles = ["", "the database is away"]
    telemetry = Telemetry(Heartbeat("", clock), [lambda: troubles[0], lambda: troubles[1]])
    assert telemetry.not_ready() == "the database is away"
    assert told(telemetry.registry)["faultline_ready"] == 0
    troubles[1] = ""
    assert not telemetry.not_ready()
    assert told(telemetry.registry)["faultline_ready"] == 1
    clock.now += LIVE_S + 1
    assert "main loop" in telemetry.not_ready()


def test_what_it_says_is_served_on_a_port_of_its_own_and_a_probe_reads_the_status(clock: Clock) -> None:
    troubles = [""]
    telemetry = Telemetry(Heartbeat("", clock), [lambda: troubles[0]])
    port = choose(["metrics"], {}, {})["metrics"]
    telemetry.serve(read_settings({"METRICS_PORT": str(port)}))
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        assert (client.get("/health/live").status_code, client.get("/health/ready").text) == (200, "ready\n")
        metrics = client.get("/metrics")
        assert metrics.headers["content-type"].startswith("text/plain; version=")
        assert "process_resident_memory_bytes" in metrics.text
        troubles[0] = "it is away"
        refused = client.get("/health/ready")
        assert (refused.status_code, refused.text) == (503, "it is away\n")


def test_a_port_that_is_taken_is_a_warning_and_no_reason_not_to_work(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, caplog.at_level(logging.WARNING):
        Telemetry(Heartbeat("", clock), []).serve(read_settings({"METRICS_PORT": str(taken.getsockname()[1])}))
    assert "no metrics are served" in caplog.text
    assert "METRICS_PORT" in caplog.text


def test_where_each_partition_stands_is_told_when_somebody_asks(clock: Clock) -> None:
    standings, registry = Standings(clock), CollectorRegistry()
    registry.register(Partitions(standings, lambda: {"press": HotIsFaulty(3)}))
    standings.stored({HERE: 100})
    standings.look({HERE: 100}, {HERE: 140}, {TopicPartition("readings.press", 1)})
    found = told(registry)
    assert found['faultline_lag_messages{partition="0",topic="readings.press"}'] == 40
    assert found['faultline_partition_halted{partition="0",topic="readings.press"}'] == 0
    assert found['faultline_partition_halted{partition="1",topic="readings.press"}'] == 1
    assert found['faultline_partition_stalled{partition="0",topic="readings.press"}'] == 0
    assert found['faultline_serving_model_version{machine="press"}'] == 3


def test_counters_of_a_machine_begin_at_zero_so_that_the_first_increase_is_one() -> None:
    registry = CollectorRegistry()
    ConsumerMeter(registry, ["press"])
    found = told(registry)
    assert found['faultline_readings_total{machine="press"}'] == 0
    assert found['faultline_dead_letters_total{machine="press",reason="decode"}'] == 0


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(None, "sent"), (NotSent("x"), "not_sent"), (SendUnclear("x"), "unclear"), (Undeliverable("x"), "dead")],
)
def test_what_became_of_a_message_is_counted_and_said_to_the_outbox(error: FaultlineError | None, outcome: str) -> None:
    outbox, registry = FakeOutbox(), CollectorRegistry()
    metered = MeteredOutbox(outbox, registry, ["console", "telegram"])
    counts = [f'faultline_sends_total{{channel="{name}",outcome="sent"}}' for name in ("console", "telegram")]
    assert [told(registry)[count] for count in counts] == [0, 0], "so that the first increase is one"
    outbox.put("Anna")
    message = metered.claim(["telegram"], "me")
    assert message is not None
    metered.failed(message, error) if error else metered.sent(message, "7")
    assert outbox.entries[0].state != "sending"
    assert told(registry)[f'faultline_sends_total{{channel="telegram",outcome="{outcome}"}}'] == 1
    assert sum(value for name, value in told(registry).items() if name.startswith("faultline_sends_total")) == 1


def test_requests_of_each_machine_are_counted_from_nought_so_that_the_first_one_is_an_increase() -> None:
    registry = CollectorRegistry()

    def fails(*_: object) -> Outcome:
        raise Unavailable("the bucket is away")

    counted = metered(fails, ["oven", "press"], registry)
    ends = ("promoted", "refused", "trained", "failed")
    each = {
        f'faultline_trainings_total{{machine="{name}",outcome="{end}"}}' for name in ("oven", "press") for end in ends
    }
    before = told(registry)
    assert {name: before[name] for name in each} == dict.fromkeys(each, 0)
    with pytest.raises(Unavailable):
        counted(TrainingRequest(1, "press", "anna", TrainingOptions(), 1), print)
    assert told(registry)['faultline_trainings_total{machine="press",outcome="failed"}'] == 1


def test_a_producer_is_not_ready_once_kafka_confirms_nothing_for_half_a_minute(clock: Clock) -> None:
    published = Published(clock)
    published.watch(Totals(produced=5, delivered=5))
    clock.now += 100
    assert not published.trouble(), "there was nothing to confirm"
    published.watch(Totals(produced=5, delivered=5))
    published.watch(Totals(produced=9, delivered=5))
    clock.now += 31
    published.watch(Totals(produced=9, delivered=5))
    assert published.trouble() == "Kafka has confirmed nothing for 31 s: 4 readings wait"
    published.watch(Totals(produced=9, delivered=6))
    assert not published.trouble()


class ScriptedMeasures:
    def __init__(self) -> None:
        self.away = False
        self.reads = 0

    def read(self) -> Mapping[str, Mapping[tuple[str, ...], float]]:
        self.reads += 1
        if self.away:
            raise Unavailable("the database is away")
        return {**{name: {} for name in MEASURES}, "outbox_age_seconds": {(): 12.5}}


def test_what_the_database_knows_is_read_when_asked_and_not_each_time(clock: Clock) -> None:
    measures, registry = ScriptedMeasures(), CollectorRegistry()
    registry.register(Stored(measures, clock))
    assert measures.reads == 0
    for _ in range(5):
        assert told(registry)["faultline_outbox_age_seconds"] == 12.5
    assert measures.reads == 1
    clock.now += 5
    measures.away = True
    found = told(registry)
    assert found == {"faultline_database_up": 0}, "an old number would be a lie"


def test_a_database_that_is_frozen_keeps_one_who_asks_and_not_all(clock: Clock) -> None:
    frozen, goes_on = threading.Event(), threading.Event()

    class Frozen(ScriptedMeasures):
        def read(self) -> Mapping[str, Mapping[tuple[str, ...], float]]:
            frozen.set()
            assert goes_on.wait(PATIENCE_S)
            return super().read()

    registry = CollectorRegistry()
    registry.register(Stored(Frozen(), clock, patience_s=0.01))
    first = threading.Thread(target=told, args=(registry,))
    first.start()
    assert frozen.wait(PATIENCE_S)
    assert told(registry) == {"faultline_database_up": 0}
    goes_on.set()
    first.join(PATIENCE_S)
    assert told(registry)["faultline_database_up"] == 1
