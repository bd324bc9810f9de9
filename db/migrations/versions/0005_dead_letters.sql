-- Dead letters that are published again, some at a time, in one transaction of Kafka's. Kafka keeps the number of the last
-- one that arrived, as a committed offset: so an interrupted one is no riddle.
CREATE TABLE replay (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic       smallint NOT NULL REFERENCES topic,
    asked_by    text NOT NULL,
    outcome     text NOT NULL DEFAULT 'open' CHECK (outcome IN ('open', 'arrived', 'lost')),
    started_at  timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz
);
CREATE INDEX replay_open ON replay (topic) WHERE outcome = 'open';
ALTER TABLE dead_letter
    ADD COLUMN value_size   bigint,                   -- these two where only the beginning of the value is kept:
    ADD COLUMN value_sha256 bytea,                    -- of the whole of it
    ADD COLUMN relayed_at   timestamptz,              -- a copy is in the topic <topic>.dead
    ADD COLUMN replay       bigint REFERENCES replay, -- the last one that it was part of
    ADD CONSTRAINT cut_is_described CHECK (num_nulls(value_size, value_sha256) IN (0, 2));
CREATE INDEX dead_letter_to_relay ON dead_letter (recorded_at) WHERE relayed_at IS NULL;
CREATE INDEX dead_letter_newest ON dead_letter (recorded_at, topic, kafka_partition, kafka_offset);

GRANT SELECT ON replay TO faultline_grafana, faultline_api, faultline_trainer, faultline_alerts, faultline_consumer;
GRANT INSERT, UPDATE ON replay TO faultline_consumer;
GRANT UPDATE (relayed_at, replay) ON dead_letter TO faultline_consumer;
