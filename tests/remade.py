"""A topic that is deleted and made anew: the same name, another log."""

from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import KafkaException, NewTopic

from tests.processes import wait_until
from tests.world import World


def make_anew(world: World) -> None:
    """Delete the world's topic and make it again."""
    admin = AdminClient({"bootstrap.servers": world.servers.kafka_bootstrap_servers})
    admin.delete_topics([world.topic])[world.topic].result(30)
    wait_until(lambda: _is_made(admin, world), "the topic is there again")


def _is_made(admin: AdminClient, world: World) -> bool:
    try:
        admin.create_topics([NewTopic(world.topic, world.partitions, 1)])[world.topic].result(30)
    except KafkaException:  # the old one is being deleted still
        return False
    return True
