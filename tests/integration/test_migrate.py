from sqlalchemy import Engine, text

from db.engine import connect
from db.migrate import migrate, newest_revision, require_migrated


def test_a_second_migration_changes_nothing(owner: Engine) -> None:
    assert migrate(owner) == (newest_revision(), newest_revision())
    require_migrated(owner)


def test_no_process_may_change_or_delete_labels_promotions_or_model_loads(owner: Engine) -> None:
    with owner.connect() as connection:
        granted = connection.execute(
            text(
                "SELECT grantee, table_name, privilege_type FROM information_schema.role_table_grants"
                " WHERE grantee LIKE 'faultline%' AND privilege_type IN ('UPDATE', 'DELETE', 'TRUNCATE')"
                " AND table_name IN ('label', 'labelled_reading', 'promotion', 'model_load', 'audit', 'inbox')"
            )
        ).all()
    assert granted == []


def test_a_process_acts_under_its_own_role(database_url: str) -> None:
    engine = connect(database_url, "grafana")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT current_user")).scalar_one() == "faultline_grafana"
    engine.dispose()
