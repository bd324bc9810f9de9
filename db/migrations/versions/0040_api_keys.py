"""Keys of programs that ask the HTTP API, and what the process that answers them writes."""

from alembic import op

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    """A key speaks for an operator. Who makes keys sees no hash; who answers sees only the key that it is shown.

    Nothing ever wrote into the table before.
    """
    op.execute(
        """
        ALTER TABLE api_key ADD operator integer NOT NULL REFERENCES operator;
        ALTER TABLE api_key DROP CONSTRAINT api_key_name_key;  -- a revoked key's name may be given again
        CREATE UNIQUE INDEX api_key_name ON api_key (name) WHERE revoked_at IS NULL;
        -- Whoever shows a key learns whom it speaks for; nobody but the owner sees them all.
        CREATE FUNCTION api_caller(hash bytea)
               RETURNS TABLE (key text, scopes text[], id integer, name text, role text, zone text)
               LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
            SELECT k.name, k.scopes, o.id, o.name, o.role, o.zone
              FROM api_key k JOIN operator o ON o.id = k.operator AND o.removed_at IS NULL
             WHERE k.sha256 = hash AND k.revoked_at IS NULL $$;
        REVOKE ALL ON FUNCTION api_caller FROM PUBLIC;
        GRANT EXECUTE ON FUNCTION api_caller TO faultline_api;
        GRANT SELECT (id, name, operator, scopes, created_at, revoked_at) ON api_key TO faultline_alerts;
        GRANT INSERT ON api_key TO faultline_alerts;
        GRANT UPDATE (revoked_at) ON api_key TO faultline_alerts;
        GRANT SELECT (reason), INSERT ON model_load TO faultline_api;
        """
    )
