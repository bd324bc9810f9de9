"""How far the topics go: what lag is measured against."""

from collections.abc import Iterable, Mapping

from confluent_kafka import KafkaException
from confluent_kafka import TopicPartition as KafkaPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from core.errors import Unavailable
from core.ports import TopicPartition

_TIMEOUT_S = 10.0


def log_ends(kafka: Mapping[str, str], topics: Iterable[str]) -> dict[TopicPartition, tuple[int, int]]:
    """(oldest, next) offset of every partition of these topics; topics that do not exist are left out. Unavailable."""
    admin = AdminClient(dict(kafka))
    try:
        existing = admin.list_topics(timeout=_TIMEOUT_S).topics
        partitions = [
            KafkaPartition(topic, number)
            for topic in topics
            if topic in existing
            for number in existing[topic].partitions
        ]
        low = _offsets(admin, partitions, OffsetSpec.earliest())  # type: ignore[no-untyped-call]  # theirs
        high = _offsets(admin, partitions, OffsetSpec.latest())  # type: ignore[no-untyped-call]  # theirs
    except KafkaException as error:
        raise Unavailable(f"Kafka does not answer: {error.args[0].str()}") from error
    return {partition: (low[partition], high[partition]) for partition in high}


def _offsets(admin: AdminClient, partitions: Iterable[KafkaPartition], spec: OffsetSpec) -> dict[TopicPartition, int]:
    wanted = dict.fromkeys(partitions, spec)
    if not wanted:
        return {}
    futures = admin.list_offsets(wanted, request_timeout=_TIMEOUT_S)
    return {TopicPartition(at.topic, at.partition): future.result().offset for at, future in futures.items()}
