"""The way of an alerted reading, from its sender to a phone, as spans of one trace, with real processes."""

from itertools import pairwise

from tests.collector import collecting
from tests.fake_telegram.client import running
from tests.processes import wait_until
from tests.world import World

ANN = 4711
WAY = ["publish", "fetch", "decode", "score", "store", "send"]
OF = ["producer", "consumer", "consumer", "consumer", "consumer", "alerts"]
OPENED = "SELECT kafka_partition, opened_offset FROM incident ORDER BY 1, 2"
SENT = "SELECT count(*) FROM outbox WHERE kind = 'alert' AND state = 'sent'"


def test_the_spans_of_an_alerted_reading_lead_from_its_sender_to_the_phone(trained: World) -> None:
    with running() as telegram, collecting() as collector:
        trained.environment |= {
            "TELEGRAM_API_URL": telegram.url,
            "TELEGRAM_BOT_TOKEN": telegram.token,
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_BSP_SCHEDULE_DELAY": "200",
            "TRACE_EVERY": "1",
        }
        trained.run("operators", "add", "ann", "--telegram-id", str(ANN))
        for process in ("consumer", "alerts"):
            trained.start(process)
        made = ("--devices", "2", "--seed", "7", "--fault-rate", "0.5", "--rate", "0", "--count", "400")
        trained.run("producer", "equipment", *made)
        trained.wait_until_read(400)
        opened = [tuple(row) for row in trained.rows(OPENED)]
        assert opened
        wait_until(lambda: trained.one(SENT) == len(opened), f"alerts on the phone\n{trained.logs()}")

        def told() -> list[list[str]]:
            return [[span.name for span in collector.way_to(last)] for last in collector.named("send")]

        # Each process sends its spans when it likes: those of the consumer may come last.
        wait_until(lambda: told() == [WAY] * len(opened), f"their spans\n{trained.logs()}")

        assert len(collector.named("publish")) == 400
        for last in collector.named("send"):
            way = collector.way_to(last)
            assert len({span.trace for span in way}) == 1
            assert [span.service.removeprefix("faultline-") for span in way] == [
                "producer",
                *["consumer"] * 4,
                "alerts",
            ]
            assert all(span.began <= span.ended for span in way)
            after_one_another = [(one.ended, other.began) for one, other in pairwise(way[1:])]
            assert all(ended <= began for ended, began in after_one_another), "on one machine, by one clock"
            assert last.attributes["outcome"] == "sent"
        stored = collector.named("store")
        at = [
            (int(span.attributes["messaging.destination.partition.id"]), span.attributes["messaging.kafka.offset"])
            for span in stored
        ]
        assert sorted(at) == opened, "of the readings that raised an alert, and of no other"
