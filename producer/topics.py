"""The topics that readings go to."""

import logging
from collections.abc import Iterable, Mapping

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from core.errors import Unavailable, UserError
from core.machine import Machine

_log = logging.getLogger(__name__)
_PATIENCE = 10.0


def ensure_topics(kafka: Mapping[str, str], machines: Iterable[Machine], partitions: int, replication: int) -> None:
    """Create the machines' topics that are missing; those of a machine with `key = "any"` get one partition.

    Unavailable where no broker answers, UserError where one does not let us.
    """
    client = AdminClient(dict(kafka), logger=_log)
    try:
        present = client.list_topics(timeout=_PATIENCE).topics
    except KafkaException as error:
        raise Unavailable(
            f"Kafka at {kafka['bootstrap.servers']} (KAFKA_BOOTSTRAP_SERVERS) does not answer: {error.args[0].str()}"
        ) from error
    missing = [
        NewTopic(topic, num_partitions=_partitions(machine, partitions), replication_factor=replication)
        for machine in machines
        for topic in machine.topics
        if topic not in present
    ]
    if not missing:
        return
    for topic, creation in client.create_topics(missing, operation_timeout=_PATIENCE).items():
        try:
            creation.result()
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:  # somebody was quicker: that is as good
                raise UserError(
                    f"the topic {topic} cannot be created ({error.args[0].str()}): create it, or correct"
                    " TOPIC_PARTITIONS and TOPIC_REPLICATION"
                ) from error
        else:
            _log.info("created the topic %s", topic)


def _partitions(machine: Machine, partitions: int) -> int:
    # A device's readings stay in order only within a partition, and such a key does not keep them in one.
    return 1 if machine.key == "any" else partitions
