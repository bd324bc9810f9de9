-- The tables of Faultline. Names are the contract; columns grow. The words are explained in CONTRIBUTING.md.
-- Times are event times unless the name says otherwise (…_at is when the database saw it).

-- ── machines and devices ──────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE machine (
    id         smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL UNIQUE,
    task       text NOT NULL CHECK (task IN ('fault', 'defects', 'one_class', 'regression')),
    sensors    text[] NOT NULL,                       -- the order of reading.sensors; grows at its end only
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE topic (
    id      smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name    text NOT NULL UNIQUE,
    machine smallint NOT NULL REFERENCES machine
);
CREATE TABLE device (
    id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    machine    smallint NOT NULL REFERENCES machine,
    name       text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (machine, name)
);

-- ── readings ──────────────────────────────────────────────────────────────────────────────────────────────────────
-- One shape for every machine and task. No column is ever NULL: rows have a fixed width per machine and go in by
-- binary COPY. Partitioned by the day of ingest, so that one stray event time cannot abort a batch.
CREATE TABLE reading (
    topic           smallint NOT NULL,
    kafka_partition integer NOT NULL,
    kafka_offset    bigint NOT NULL,
    day             date NOT NULL,                    -- of ingest, UTC
    id              uuid NOT NULL,
    device          integer NOT NULL,
    time            timestamptz NOT NULL,
    sensors         float8[] NOT NULL,                -- in machine.sensors' order; NaN for absent
    quality         smallint NOT NULL,                -- flags; 0 = good, others were not scored
    task            smallint NOT NULL,                -- 0 fault, 1 defects, 2 one_class, 3 regression
    class           smallint NOT NULL,                -- index of the predicted class; 0 where the task has none
    score           float8 NOT NULL,                  -- probability or predicted value; NaN = not scored
    model_version   integer NOT NULL,                 -- number of the machine's version
    PRIMARY KEY (topic, kafka_partition, kafka_offset, day)
) PARTITION BY RANGE (day);

-- Text fields and unknown sensors, kept raw, not scored.
CREATE TABLE reading_extra (
    topic           smallint NOT NULL,
    kafka_partition integer NOT NULL,
    kafka_offset    bigint NOT NULL,
    raw             bytea NOT NULL,                   -- a JSON object
    PRIMARY KEY (topic, kafka_partition, kafka_offset)
);
-- The top three classes of alerted readings.
CREATE TABLE reading_class (
    topic           smallint NOT NULL,
    kafka_partition integer NOT NULL,
    kafka_offset    bigint NOT NULL,
    rank            smallint NOT NULL CHECK (rank BETWEEN 1 AND 3),
    class           smallint NOT NULL,
    probability     float8 NOT NULL,
    PRIMARY KEY (topic, kafka_partition, kafka_offset, rank)
);

-- Makes the partition of a day. Consumers may call it; only the owner may create tables.
CREATE FUNCTION ensure_reading_day(day date) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF to_regclass(format('reading_%s', to_char(day, 'YYYYMMDD'))) IS NOT NULL THEN RETURN; END IF;
    PERFORM pg_advisory_xact_lock(hashtext('faultline.ensure_reading_day'));
    EXECUTE format('CREATE TABLE IF NOT EXISTS reading_%s PARTITION OF reading FOR VALUES FROM (%L) TO (%L)',
                   to_char(day, 'YYYYMMDD'), day, day + 1);
END $$;
REVOKE ALL ON FUNCTION ensure_reading_day FROM PUBLIC;

-- For people: names instead of numbers, NULL instead of NaN.
CREATE VIEW reading_named AS
SELECT m.name AS machine, d.name AS device, r.time, t.name AS topic, r.kafka_partition, r.kafka_offset, r.id,
       (SELECT jsonb_object_agg(s.name, nullif(r.sensors[s.n], 'NaN'))
          FROM unnest(m.sensors) WITH ORDINALITY AS s (name, n)) AS sensors,
       r.quality, r.class, nullif(r.score, 'NaN') AS score, r.model_version, r.day
  FROM reading r JOIN topic t ON t.id = r.topic JOIN machine m ON m.id = t.machine JOIN device d ON d.id = r.device;

-- ── where the consumer is ─────────────────────────────────────────────────────────────────────────────────────────
-- The offsets live beside the results. stored + duplicates + dead_letters + gaps = next_offset - first_offset.
CREATE TABLE ingest_partition (
    topic           smallint NOT NULL REFERENCES topic,
    kafka_partition integer NOT NULL,
    kafka_topic_id  text NOT NULL,                    -- Kafka's immutable id: a topic made anew is another one
    first_offset    bigint NOT NULL,
    next_offset     bigint NOT NULL,                  -- the next to read, not the last one read
    owner_epoch     bigint NOT NULL DEFAULT 0,        -- raised by each new owner; an older one is a zombie
    owner           text NOT NULL DEFAULT '',
    stored          bigint NOT NULL DEFAULT 0,
    duplicates      bigint NOT NULL DEFAULT 0,
    dead_letters    bigint NOT NULL DEFAULT 0,
    gaps            bigint NOT NULL DEFAULT 0,
    faults          bigint NOT NULL DEFAULT 0,
    watermark       timestamptz,                      -- the newest event time stored
    updated_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, kafka_partition)
) WITH (fillfactor = 50);                             -- updated with every batch: leave room for that on the page
CREATE TABLE offset_gap (
    topic           smallint NOT NULL,
    kafka_partition integer NOT NULL,
    first_offset    bigint NOT NULL,
    count           bigint NOT NULL CHECK (count > 0),
    recorded_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, kafka_partition, first_offset)
);
CREATE TABLE dead_letter (
    topic           smallint NOT NULL,
    kafka_partition integer NOT NULL,
    kafka_offset    bigint NOT NULL,
    stage           text NOT NULL,                    -- decode, accept or score
    reason          text NOT NULL,
    key             bytea,
    value           bytea,
    headers         bytea NOT NULL,                   -- JSON: [[name, base64 or null], …]
    recorded_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, kafka_partition, kafka_offset)
);
-- What is remembered of a device; a healthy one has no row.
CREATE TABLE device_state (
    device         integer PRIMARY KEY REFERENCES device,
    window_bits    bigint NOT NULL,                   -- faults among the last n readings, the newest lowest
    normals        integer NOT NULL,
    since_partition integer, since_offset bigint, since_time bigint,   -- µs since 1970
    last_partition integer, last_offset bigint, last_time bigint,
    faults         integer NOT NULL,
    peak           float8 NOT NULL,
    open           boolean NOT NULL
) WITH (fillfactor = 50);

-- ── incidents, alerts, messages ───────────────────────────────────────────────────────────────────────────────────
CREATE TABLE operator (
    id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text NOT NULL,
    role        text NOT NULL CHECK (role IN ('operator', 'engineer')),
    zone        text NOT NULL DEFAULT 'UTC',          -- IANA time zone
    telegram_id bigint,
    created_at  timestamptz NOT NULL DEFAULT now(),
    removed_at  timestamptz                           -- their labels and messages stay
);
CREATE UNIQUE INDEX operator_name ON operator (name) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX operator_telegram_id ON operator (telegram_id) WHERE removed_at IS NULL;
CREATE TABLE subscription (
    id       integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator integer NOT NULL REFERENCES operator,
    channel  text NOT NULL,                           -- telegram, console
    address  text NOT NULL,                           -- the chat
    machine  smallint REFERENCES machine,             -- NULL: all of them
    UNIQUE NULLS NOT DISTINCT (operator, channel, address, machine)
);
CREATE TABLE incident (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    machine         smallint NOT NULL REFERENCES machine,
    device          integer NOT NULL REFERENCES device,
    kind            text NOT NULL DEFAULT 'fault' CHECK (kind IN ('fault', 'sensor', 'silent')),
    topic           smallint NOT NULL REFERENCES topic,
    kafka_partition integer NOT NULL,
    since_offset    bigint NOT NULL,                  -- the first fault
    since_time      timestamptz NOT NULL,
    opened_offset   bigint NOT NULL,                  -- the reading that made it k of n
    opened_time     timestamptz NOT NULL,
    last_offset     bigint NOT NULL,                  -- the newest fault
    last_time       timestamptz NOT NULL,
    closed_offset   bigint,
    closed_time     timestamptz,
    faults          integer NOT NULL,
    peak            float8 NOT NULL,
    model_version   integer NOT NULL,                 -- that opened it
    recorded_at     timestamptz NOT NULL DEFAULT now(),
    UNIQUE (topic, kafka_partition, opened_offset, kind)
);
CREATE UNIQUE INDEX incident_one_open ON incident (device, kind) WHERE closed_offset IS NULL;
CREATE INDEX incident_machine ON incident (machine, id);
CREATE TABLE alert (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident      bigint NOT NULL UNIQUE REFERENCES incident,
    probability   float8 NOT NULL,
    standing_out  jsonb NOT NULL,                     -- [{sensor, value, low, high, excess}, …]
    model_version integer NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE chat (
    channel      text NOT NULL,
    address      text NOT NULL,                       -- '': the channel as a whole
    next_at      timestamptz,                         -- pacing, on database time: no message before
    paused_until timestamptz,
    moved_to     text,
    PRIMARY KEY (channel, address)
);
CREATE TABLE outbox (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel         text NOT NULL,
    address         text NOT NULL,
    zone            text NOT NULL DEFAULT 'UTC',
    kind            text NOT NULL,                    -- alert, answered, receipt, text
    alert           bigint REFERENCES alert,
    body            jsonb NOT NULL,
    edits           bigint REFERENCES outbox,         -- the message that this one replaces the words of
    state           text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sending', 'sent', 'uncertain', 'dead')),
    tries           integer NOT NULL DEFAULT 0,
    unclear         smallint NOT NULL DEFAULT 0,      -- tries that may have arrived
    not_before      timestamptz NOT NULL DEFAULT now(),
    lease_until     timestamptz,
    lease_owner     text,
    reference       text,                             -- the channel's id of the message
    error           text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    sent_at         timestamptz
);
CREATE UNIQUE INDEX outbox_one_in_flight ON outbox (channel, address) WHERE state = 'sending';
CREATE INDEX outbox_waiting ON outbox (channel, address, id) WHERE state IN ('pending', 'uncertain', 'sending');
CREATE UNIQUE INDEX outbox_once ON outbox (alert, channel, address) WHERE kind = 'alert';
CREATE INDEX outbox_reference ON outbox (channel, address, reference);
-- Of each chat the message in flight, else the first waiting one, and when something may happen to it.
CREATE VIEW outbox_head AS
SELECT DISTINCT ON (o.channel, o.address) o.channel, o.address, o.id, o.state,
       CASE WHEN o.state = 'sending' THEN o.lease_until
            ELSE greatest(o.not_before, c.paused_until, c.next_at, w.next_at) END AS due_at
  FROM outbox o
  LEFT JOIN chat c ON c.channel = o.channel AND c.address = o.address
  LEFT JOIN chat w ON w.channel = o.channel AND w.address = ''
 WHERE o.state IN ('pending', 'uncertain', 'sending')
 ORDER BY o.channel, o.address, (o.state = 'sending') DESC, o.id;
CREATE TABLE inbox (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel     text NOT NULL,
    bot         text NOT NULL,                        -- whose numbers the updates bear
    update_id   bigint NOT NULL,
    raw         text NOT NULL,                        -- untouched
    sender      text NOT NULL DEFAULT '',
    outcome     text NOT NULL,                        -- labelled, repeated, not_understood, unauthorised, …
    received_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (bot, update_id)
);
CREATE TABLE bot_cursor (
    bot            text PRIMARY KEY,
    next_update_id bigint NOT NULL,
    updated_at     timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE audit (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at     timestamptz NOT NULL DEFAULT now(),
    actor  text NOT NULL,
    action text NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}'
);

-- ── labels ────────────────────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE label (                                  -- append-only
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    machine     smallint NOT NULL REFERENCES machine,
    incident    bigint REFERENCES incident,
    alert       bigint REFERENCES alert,
    operator    integer NOT NULL REFERENCES operator,
    verdict     text NOT NULL CHECK (verdict IN ('fault', 'false_alarm', 'maintenance', 'sensor_fault', 'not_sure')),
    comment     text NOT NULL DEFAULT '',
    corrects    bigint REFERENCES label,              -- the label that this one replaces
    inbox       bigint NOT NULL UNIQUE REFERENCES inbox,
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX label_incident ON label (incident, id);
CREATE VIEW effective_label AS
SELECT DISTINCT ON (incident) * FROM label WHERE incident IS NOT NULL ORDER BY incident, id DESC;
-- Copies: labels outlive the readings' retention.
CREATE TABLE labelled_reading (
    label           bigint NOT NULL REFERENCES label,
    topic           smallint NOT NULL,
    kafka_partition integer NOT NULL,
    kafka_offset    bigint NOT NULL,
    machine         smallint NOT NULL REFERENCES machine,
    device          integer NOT NULL REFERENCES device,
    time            timestamptz NOT NULL,
    sensors         float8[] NOT NULL,
    quality         smallint NOT NULL,
    class           smallint NOT NULL,
    score           float8 NOT NULL,
    model_version   integer NOT NULL,
    PRIMARY KEY (label, topic, kafka_partition, kafka_offset)
);
CREATE TABLE question (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    machine         smallint NOT NULL REFERENCES machine,
    device          integer NOT NULL REFERENCES device,
    topic           smallint NOT NULL REFERENCES topic,
    kafka_partition integer NOT NULL,
    kafka_offset    bigint NOT NULL,
    pool            text NOT NULL CHECK (pool IN ('band', 'tail', 'audit')),
    weight          float8 NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (topic, kafka_partition, kafka_offset)
);
CREATE TABLE shelf (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device     integer NOT NULL REFERENCES device,
    operator   integer NOT NULL REFERENCES operator,
    reason     text NOT NULL,
    until      timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at   timestamptz
);

-- ── models ────────────────────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE training_request (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    machine     smallint NOT NULL REFERENCES machine,
    asked_by    text NOT NULL,
    via         text NOT NULL,                        -- shell, telegram, page, api
    options     jsonb NOT NULL DEFAULT '{}',
    state       text NOT NULL DEFAULT 'pending'
                CHECK (state IN ('pending', 'running', 'promoted', 'refused', 'trained', 'failed')),
    worker      text,
    lease_until timestamptz,                          -- running: who is silent past it is dead; pending: not before
    tries       smallint NOT NULL DEFAULT 0,
    progress    text NOT NULL DEFAULT '',             -- lines so far
    result      jsonb NOT NULL DEFAULT '{}',
    created_at  timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz
);
CREATE UNIQUE INDEX training_one_at_a_time ON training_request (machine) WHERE state = 'running';
CREATE TABLE training_run (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    machine     smallint NOT NULL REFERENCES machine,
    request     bigint REFERENCES training_request,   -- NULL: `train` from the command line
    number      integer,                              -- of the version it made
    outcome     text NOT NULL,                        -- promoted, refused, trained, failed
    reason      text NOT NULL DEFAULT '',
    metrics     jsonb NOT NULL DEFAULT '{}',
    started_at  timestamptz NOT NULL,
    finished_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE model_version (
    machine             smallint NOT NULL REFERENCES machine,
    number              integer NOT NULL CHECK (number > 0),
    model_key           text NOT NULL,                -- S3 key and its object version: always fetched by both
    model_version_id    text NOT NULL,
    manifest_key        text NOT NULL,
    manifest_version_id text NOT NULL,
    sha256              text NOT NULL,                -- of the model's bytes
    algorithm           text NOT NULL,
    threshold           float8 NOT NULL,
    metrics             jsonb NOT NULL DEFAULT '{}',
    lineage             jsonb NOT NULL DEFAULT '{}',
    created_by          text NOT NULL,
    created_at          timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (machine, number)
);
CREATE TABLE promotion (                              -- append-only, numbered
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    machine    smallint NOT NULL REFERENCES machine,
    number     integer NOT NULL,
    previous   integer,
    kind       text NOT NULL CHECK (kind IN ('first', 'gate', 'override', 'rollback')),
    decided_by text NOT NULL,
    reason     text NOT NULL,
    gate       jsonb NOT NULL DEFAULT '{}',
    at         timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (machine, number) REFERENCES model_version
);
CREATE INDEX promotion_machine ON promotion (machine, id);
CREATE VIEW champion AS SELECT DISTINCT ON (machine) machine, number, id AS promotion, at FROM promotion ORDER BY machine, id DESC;
CREATE TABLE model_load (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    process text NOT NULL,
    machine smallint NOT NULL REFERENCES machine,
    number  integer NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('loaded', 'refused')),
    reason  text NOT NULL DEFAULT '',
    at      timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE shadow_score (
    topic           smallint NOT NULL,
    kafka_partition integer NOT NULL,
    kafka_offset    bigint NOT NULL,
    model_version   integer NOT NULL,
    class           smallint NOT NULL,
    score           float8 NOT NULL,
    PRIMARY KEY (topic, kafka_partition, kafka_offset, model_version)
);
CREATE TABLE drift_window (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    machine    smallint NOT NULL REFERENCES machine,
    number     integer NOT NULL,
    sensor     text NOT NULL,
    since      timestamptz NOT NULL,
    until      timestamptz NOT NULL,
    measures   jsonb NOT NULL
);
CREATE TABLE api_key (
    id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL UNIQUE,
    sha256     bytea NOT NULL UNIQUE,
    scopes     text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);
CREATE TABLE login_session (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator   integer NOT NULL REFERENCES operator,
    sha256     bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);

-- ── roles: the least each process needs; labels, promotions and model loads know no UPDATE and no DELETE ──────────────
DO $$
DECLARE role text;
BEGIN
    FOREACH role IN ARRAY ARRAY['consumer', 'alerts', 'trainer', 'api', 'grafana'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE faultline_%s NOLOGIN', role);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;  -- roles belong to the cluster, not to this database
        END;
        EXECUTE format('GRANT faultline_%s TO CURRENT_USER', role);
    END LOOP;
END $$;
GRANT USAGE ON SCHEMA public TO faultline_consumer, faultline_alerts, faultline_trainer, faultline_api, faultline_grafana;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO faultline_grafana, faultline_api, faultline_trainer, faultline_alerts, faultline_consumer;
REVOKE SELECT ON api_key, login_session FROM faultline_grafana, faultline_trainer, faultline_alerts, faultline_consumer;
REVOKE SELECT ON inbox, audit FROM faultline_grafana, faultline_consumer, faultline_trainer;

GRANT EXECUTE ON FUNCTION ensure_reading_day TO faultline_consumer;
GRANT INSERT ON machine, topic, device, reading, reading_extra, reading_class, ingest_partition, offset_gap, dead_letter,
    device_state, incident, alert, outbox, model_load, shadow_score TO faultline_consumer;
GRANT UPDATE ON machine, ingest_partition, incident, device_state TO faultline_consumer;
GRANT DELETE ON device_state TO faultline_consumer;

GRANT INSERT ON chat, outbox, inbox, bot_cursor, audit, label, labelled_reading, operator, subscription, shelf, training_request TO faultline_alerts;
GRANT UPDATE ON chat, outbox, bot_cursor, subscription, operator, shelf TO faultline_alerts;
GRANT DELETE ON subscription TO faultline_alerts;

GRANT INSERT ON machine, training_request, training_run, model_version, promotion, outbox, drift_window, audit TO faultline_trainer;
GRANT UPDATE ON machine, training_request TO faultline_trainer;
