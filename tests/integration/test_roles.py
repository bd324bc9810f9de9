"""What the role of each process may change in the database: as listed here, and nothing else."""

from collections.abc import Mapping

import pytest
from sqlalchemy import Engine, text

MAY_UPDATE = {
    "consumer": "dead_letter device_state incident ingest_partition machine outbox_alarm partition_heard replay"
    " sensor_state topic",
    "alerts": "api_key bot_cursor chat operator outbox question_bookmark shelf subscription",
    "trainer": "champion_move machine shadow training_request",
    "page": "bot_cursor login_link rule_alert",
    "api": "bot_cursor",
    "grafana": "",
    "dashboards": "",
    "scores": "",
}
MAY_DELETE = {
    "consumer": "device_state sensor_state",
    "alerts": "subscription",
    "trainer": "drift_window",
    "page": "login_session",
    "api": "",
    "grafana": "",
    "dashboards": "",
    "scores": "",
}
SECRET = ("api_key", "login_session", "login_link", "inbox", "audit")
# Of the inbox page and HTTP API see the numbers alone; of API keys, whoever makes them all but the hashes.
MAY_READ_SECRETS = {
    "consumer": "",
    "alerts": "api_key audit inbox",
    "trainer": "",
    "page": "inbox login_link login_session",
    "api": "inbox",
}
WHAT_WAS_SAID_AND_DECIDED = {
    *("label", "label_undo", "comment", "inbox", "audit", "label_hold", "label_held", "label_hold_decision"),
    *("promotion", "model_version", "model_load", "training_run", "training_report", "labelled_reading", "reading"),
}


def tables(owner: Engine, privilege: str) -> Mapping[str, str]:
    """Role → the tables on which, or on a column of which, it has the privilege."""
    with owner.connect() as connection:
        rows = connection.execute(text(_TABLES), {"roles": list(MAY_UPDATE), "privilege": privilege}).all()
    return {row.role: row.names for row in rows}


def test_each_role_may_update_and_delete_in_these_tables_alone(owner: Engine) -> None:
    assert tables(owner, "UPDATE") == MAY_UPDATE
    assert tables(owner, "DELETE") == MAY_DELETE
    assert not any(tables(owner, "TRUNCATE").values())


def test_what_was_said_and_decided_is_only_added_to() -> None:
    for changed in (MAY_UPDATE, MAY_DELETE):
        assert not any(WHAT_WAS_SAID_AND_DECIDED & set(names.split()) for names in changed.values())


def test_who_only_looks_adds_nothing_and_sees_no_login_and_no_reply(owner: Engine) -> None:
    assert tables(owner, "INSERT")["grafana"] == ""
    readable = tables(owner, "SELECT")
    for role, names in {**MAY_READ_SECRETS, "grafana": ""}.items():
        assert " ".join(name for name in readable[role].split() if name in SECRET) == names, role


def test_grafana_sees_what_its_dashboards_show_and_no_words_of_anybody(owner: Engine) -> None:
    assert tables(owner, "INSERT")["dashboards"] == ""
    assert tables(owner, "SELECT")["dashboards"] == (
        "alembic_version alert champion device effective_label incident ingest_partition machine model_load"
        " model_version promotion reading topic"
    )
    with owner.connect() as connection:
        seen = connection.execute(text(_COLUMNS), {"role": "faultline_dashboards"}).scalars().all()
    assert seen == ["created_at", "incident", "verdict"], "of an answer not who gave it, and no comment"


def test_page_and_http_api_share_what_they_show_and_neither_does_what_is_the_others(owner: Engine) -> None:
    read, add = tables(owner, "SELECT"), tables(owner, "INSERT")
    assert set(read["page"].split()) - set(read["api"].split()) == {
        *("login_link", "login_session", "rule_alert"),
        *("label_hold", "label_held", "label_hold_decision"),
    }
    assert set(read["api"].split()) <= set(read["page"].split())
    assert set(add["page"].split()) - set(add["api"].split()) == {"login_session", "label_hold_decision", "rule_alert"}
    assert set(add["api"].split()) - set(add["page"].split()) == {"model_load"}
    with owner.connect() as connection:
        may_ask = {role: connection.execute(text(_MAY_ASK), {"role": f"faultline_{role}"}).one() for role in MAY_UPDATE}
    assert {role for role, may in may_ask.items() if may.who_has_a_key} == {"api"}
    assert {role for role, may in may_ask.items() if may.count_updates and not may.read_updates} == {"page"}


@pytest.mark.parametrize("role", MAY_UPDATE)
def test_nobody_but_the_owner_may_make_anything(owner: Engine, role: str) -> None:
    with owner.connect() as connection:
        assert connection.execute(text(_MAY_MAKE), {"role": f"faultline_{role}"}).one() == (False, False, False)


def test_who_keeps_scores_of_files_reads_no_reading_and_makes_tables_in_their_schema_alone(owner: Engine) -> None:
    assert tables(owner, "SELECT")["scores"] == "alembic_version"
    assert tables(owner, "INSERT")["scores"] == ""
    with owner.connect() as connection:
        may = text("SELECT has_schema_privilege(:role, 'scores', 'CREATE')")
        made = [role for role in MAY_UPDATE if connection.execute(may, {"role": f"faultline_{role}"}).scalar_one()]
    assert made == ["scores"]


_TABLES = """
    SELECT r.role, coalesce(string_agg(c.relname, ' ' ORDER BY c.relname), '') AS names
      FROM unnest(CAST(:roles AS text[])) AS r (role)
      LEFT JOIN pg_class c ON c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
       AND CASE WHEN :privilege IN ('DELETE', 'TRUNCATE')
                THEN has_table_privilege('faultline_' || r.role, c.oid, :privilege)
                ELSE has_any_column_privilege('faultline_' || r.role, c.oid, :privilege) END
     GROUP BY r.role"""
_COLUMNS = """
    SELECT attname FROM pg_attribute
     WHERE attrelid = 'effective_label'::regclass AND attnum > 0
       AND has_column_privilege(:role, attrelid, attnum, 'SELECT') ORDER BY 1"""
_MAY_ASK = """
    SELECT has_function_privilege(:role, 'api_caller(bytea)', 'EXECUTE') AS who_has_a_key,
           has_column_privilege(:role, 'inbox', 'outcome', 'SELECT') AS count_updates,
           has_column_privilege(:role, 'inbox', 'raw', 'SELECT') AS read_updates"""
_MAY_MAKE = """
    SELECT has_schema_privilege(:role, 'public', 'CREATE'), has_database_privilege(:role, current_database(), 'CREATE'),
           rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolcanlogin
      FROM pg_roles WHERE rolname = :role"""


def test_who_makes_api_keys_never_sees_the_hash_of_one(owner: Engine) -> None:
    with owner.connect() as connection:
        found = connection.execute(
            text("SELECT has_column_privilege('faultline_alerts', 'api_key', 'sha256', 'SELECT')")
        )
        assert found.scalar_one() is False
