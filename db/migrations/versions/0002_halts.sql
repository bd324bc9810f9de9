-- A halted partition is owned but not read; its offset does not move until a person decides (`partitions resolve`).
ALTER TABLE ingest_partition
    ADD COLUMN halt text,                             -- NULL: it goes on; else what was found, as core.halt names it
    ADD COLUMN halt_reason text,                      -- one sentence for a person
    ADD COLUMN halted_at timestamptz,
    ADD CONSTRAINT halt_is_whole CHECK (num_nulls(halt, halt_reason, halted_at) IN (0, 3));

-- Kafka counts offsets of a remade topic from 0 again: its readings belong to a new row, the old row is history.
ALTER TABLE topic
    ADD COLUMN retired_at timestamptz,                -- NULL: the one that is read under this name
    DROP CONSTRAINT topic_name_key;
CREATE UNIQUE INDEX topic_name ON topic (name) WHERE retired_at IS NULL;

-- Who decides acts as the consumer's role: raises epochs, retires topics, and leaves a trace that nobody can change.
GRANT INSERT ON audit TO faultline_consumer;
GRANT UPDATE ON topic TO faultline_consumer;
