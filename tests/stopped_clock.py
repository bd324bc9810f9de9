"""The database's clock, stopped: what a test says of seconds holds however long its own statements take."""

from sqlalchemy import Engine, text


def stop_clock(owner: Engine) -> None:
    """In sessions of this database that begin from now on it is this moment, a microsecond later each time one looks.

    Statements, views and columns that ask for the time ask the functions of a schema that is searched first.
    """
    with owner.begin() as connection:
        asking = [statement for query in (_VIEWS, _DEFAULTS) for statement in connection.scalars(text(query))]
        plain = connection.execution_options(no_parameters=True)  # what is in them is no parameter of ours
        for statement in (_CLOCK, f"SET LOCAL search_path = {_SEARCHED}", *asking, _FOR_ALL):
            plain.exec_driver_sql(statement)
    owner.dispose()


_SEARCHED = "stopped, pg_catalog, public"
_ASKS = r"\m(now|clock_timestamp)\(\)"
_VIEWS = f"""
    SELECT format('CREATE OR REPLACE VIEW public.%I AS %s', viewname, definition) FROM pg_views
     WHERE schemaname = 'public' AND definition ~ '{_ASKS}'"""  # noqa: S608  # our own words
_DEFAULTS = f"""
    SELECT format('ALTER TABLE %s ALTER %I SET DEFAULT %s', adrelid::regclass, attname, pg_get_expr(adbin, adrelid))
      FROM pg_attrdef JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
     WHERE pg_get_expr(adbin, adrelid) ~ '{_ASKS}'"""  # noqa: S608  # our own words
_CLOCK = """
    CREATE SCHEMA stopped;
    GRANT USAGE ON SCHEMA stopped TO PUBLIC;
    CREATE SEQUENCE stopped.looks;
    CREATE TABLE stopped.clock AS SELECT clock_timestamp() AS at;
    CREATE FUNCTION stopped.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE SECURITY DEFINER AS
        'SELECT at + nextval(''stopped.looks'') * interval ''1 microsecond'' FROM stopped.clock';
    CREATE FUNCTION stopped.now() RETURNS timestamptz LANGUAGE sql STABLE SECURITY DEFINER AS
        'SELECT at + last_value * interval ''1 microsecond'' FROM stopped.clock, stopped.looks'"""
_FOR_ALL = f"""
    DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = {_SEARCHED}', current_database()); END $$"""
