"""`python -m local.pin_jars` writes kafka.jars anew: the jars of a version of Kafka, resolved by jgo, with hashes."""

import hashlib

import jgo

from local.downloads import PINS

# kafka_2.13 brings the broker and StorageTool; the binding fits the slf4j-api that this Kafka was built with.
_ENDPOINT = "org.apache.kafka:kafka_2.13:4.3.1+org.slf4j:slf4j-simple:1.7.36"


def pin() -> str:
    """The lines of kafka.jars."""
    artifacts = sorted(jgo.resolve(_ENDPOINT), key=str)
    return "".join(
        f"{hashlib.sha256(artifact.resolve().read_bytes()).hexdigest()}  "
        f"{artifact.groupId}:{artifact.artifactId}:{artifact.version}\n"
        for artifact in artifacts
    )


if __name__ == "__main__":
    PINS.write_text(pin())
