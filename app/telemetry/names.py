"""Every metric that Faultline serves: its name, what it counts, and which process serves it."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

STAGES = ("decode", "score", "conclude", "store")
"""Through which a batch goes in a consumer, in this order; `score` and `store` have threads of their own."""

REASONS = ("decode", "accept", "score", "too_large", "tombstone")
"""What refuses a message."""


class Metric(NamedTuple):
    """One metric as Prometheus names it; docs/metrics.md has the same rows."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    process: str
    """Who serves it."""
    labels: Sequence[str]
    meaning: str
    """With its unit, where the name does not say it."""


LOOP = Metric("faultline_loop_timestamp_seconds", "gauge", "each", (), "When the main loop last came round")
READY = Metric("faultline_ready", "gauge", "each", (), "1: it is ready, as /health/ready says; 0: it is not")

READINGS = Metric("faultline_readings_total", "counter", "consumer", ("machine",), "Readings stored")
FAULTS = Metric(
    "faultline_faults_total", "counter", "consumer", ("machine",), "Stored readings past the alarm threshold"
)
DOUBTFUL = Metric(
    "faultline_doubtful_readings_total", "counter", "consumer", ("machine",), "Stored readings that were not scored"
)
DEAD_LETTERS = Metric(
    "faultline_dead_letters_total",
    "counter",
    "consumer",
    ("machine", "reason"),
    f"Dead letters by what refused them: {', '.join(REASONS)}; the table has each one's words",
)
DUPLICATES = Metric("faultline_duplicates_total", "counter", "consumer", ("machine",), "Readings that came again")
GAPS = Metric("faultline_gap_offsets_total", "counter", "consumer", ("machine",), "Offsets that the log does not hold")
FENCINGS = Metric(
    "faultline_fencings_total",
    "counter",
    "consumer",
    (),
    "Batches given up: another consumer owns the partition",
)
STAGE = Metric(
    "faultline_stage_seconds", "histogram", "consumer", ("stage",), f"A batch in each stage: {', '.join(STAGES)}"
)
LAG = Metric(
    "faultline_lag_messages", "gauge", "consumer", ("topic", "partition"), "Messages in the log that are not stored yet"
)
HELD = Metric(
    "faultline_partition_halted", "gauge", "consumer", ("topic", "partition"), "1: it is ours and halted; 0: it goes on"
)
STALLED = Metric(
    "faultline_partition_stalled",
    "gauge",
    "consumer",
    ("topic", "partition"),
    "1: messages wait, and for a minute none was stored; 0: it goes on",
)
SERVING = Metric("faultline_serving_model_version", "gauge", "consumer", ("machine",), "The version that scores here")

SENDS = Metric(
    "faultline_sends_total",
    "counter",
    "alerts",
    ("channel", "outcome"),
    "Messages tried: sent, not_sent (again later), unclear (again, marked), dead, moved or unauthorised",
)

TRAININGS = Metric(
    "faultline_trainings_total",
    "counter",
    "trainer",
    ("machine", "outcome"),
    "Requests worked on: promoted, refused, trained, or failed",
)
TRAINING = Metric("faultline_training_seconds", "histogram", "trainer", ("machine",), "A request, from taken to done")

PRODUCED = Metric("faultline_produced_total", "counter", "producer", (), "Readings handed to Kafka's client")
CONFIRMED = Metric("faultline_confirmed_total", "counter", "producer", (), "Readings that Kafka confirmed")
REFUSED = Metric("faultline_refused_total", "counter", "producer", (), "Readings that Kafka refused for good")

DATABASE_UP = Metric("faultline_database_up", "gauge", "page", (), "1: what follows was read; 0: it could not be")
FROM_DATABASE = (
    Metric("faultline_incidents_total", "counter", "page", ("machine", "kind"), "Incidents opened"),
    Metric("faultline_incidents_open", "gauge", "page", ("machine", "kind"), "Incidents that are open"),
    Metric("faultline_alerts_total", "counter", "page", ("machine", "kind"), "Alerts raised"),
    Metric("faultline_alerts_unanswered", "gauge", "page", ("machine",), "Alerts of a week that nobody has answered"),
    Metric(
        "faultline_time_to_answer_seconds",
        "gauge",
        "page",
        ("machine", "quantile"),
        "From alert to first answer, over the answers of a week: the median (0.5) and 0.9",
    ),
    Metric("faultline_labels_total", "counter", "page", ("machine", "verdict"), "Labels given, corrections too"),
    Metric(
        "faultline_false_alarm_share",
        "gauge",
        "page",
        ("machine",),
        "Of 30 days' alerts with an answer that says fault or false alarm: the share of false alarms, 0 to 1",
    ),
    Metric(
        "faultline_outbox_messages",
        "gauge",
        "page",
        ("state",),
        "Messages to people: pending, sending, uncertain; sent and dead: those of a day",
    ),
    Metric("faultline_outbox_age_seconds", "gauge", "page", (), "Age of the oldest message that waits; 0: none does"),
    Metric("faultline_inbox_updates_total", "counter", "page", ("outcome",), "Updates received, by what they were"),
    Metric("faultline_inbox_timestamp_seconds", "gauge", "page", (), "When the newest update was received"),
    Metric("faultline_partitions_halted", "gauge", "page", ("topic",), "Partitions that wait for a person's decision"),
    Metric("faultline_champion_version", "gauge", "page", ("machine",), "The version that is champion"),
    Metric("faultline_champion_timestamp_seconds", "gauge", "page", ("machine",), "When it became champion"),
    Metric(
        "faultline_champion_refused",
        "gauge",
        "page",
        ("machine",),
        "1: the last consumer that tried refused the champion, or withdrew it; 0: it was loaded",
    ),
    Metric(
        "faultline_drift_psi", "gauge", "page", ("machine", "sensor"), "Population stability index at the last look"
    ),
    Metric(
        "faultline_drifting",
        "gauge",
        "page",
        ("machine", "sensor"),
        "1: the last look found drift that lasts, and engineers were told; 0: it did not",
    ),
    Metric("faultline_training_requests", "gauge", "page", ("machine", "state"), "Requests by state"),
    Metric(
        "faultline_training_wait_seconds",
        "gauge",
        "page",
        ("machine",),
        "Age of the oldest request that no trainer has taken, though it might; 0: none waits",
    ),
)
"""What all processes brought about together: read from the database by the page, when it is asked."""

METRICS = (
    LOOP,
    READY,
    *(READINGS, FAULTS, DOUBTFUL, DEAD_LETTERS, DUPLICATES, GAPS, FENCINGS, STAGE, LAG, HELD, STALLED, SERVING),
    SENDS,
    *(TRAININGS, TRAINING),
    *(PRODUCED, CONFIRMED, REFUSED),
    DATABASE_UP,
    *FROM_DATABASE,
)
