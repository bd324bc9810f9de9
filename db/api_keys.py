"""Keys of programs that ask the API: core.api_key.ApiKeys on Postgres."""

from collections.abc import Collection, Sequence

import msgspec
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from core.api_key import Caller, ListedKey, Scope
from core.errors import UserError
from core.login import Token, Visitor
from db.failures import failures_named


class PostgresApiKeys:
    """Each is known by its SHA-256 alone. All methods raise Unavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def caller(self, key: bytes) -> Caller | None:
        """Behind the key (its SHA-256); None: there is none, it was revoked, or its operator removed."""
        with failures_named(), self._engine.connect() as connection:
            row = connection.execute(text(_CALLER), {"key": key}).one_or_none()
        if row is None:
            return None
        visitor = Visitor(row.id, row.name, row.role, row.zone)
        return Caller(row.key, visitor, frozenset(map(Scope, row.scopes)))

    def add(self, name: str, operator: str, scopes: Collection[Scope], key: Token) -> None:
        """Let this key speak for the operator. UserError where there is no such operator, or the name is taken."""
        arguments = {"name": name, "operator": operator, "scopes": sorted(scopes), "key": key.sha256}
        try:
            with failures_named(), self._engine.begin() as connection:
                if connection.execute(text(_ADD), arguments).rowcount == 0:
                    raise UserError(f"no operator named {operator}: ./run operators list shows them")
                detail = msgspec.json.encode({"key": name, "operator": operator, "scopes": sorted(scopes)}).decode()
                connection.execute(text(_AUDIT), {"action": "added an API key", "detail": detail})
        except IntegrityError as error:
            raise UserError(f"a key named {name} is there already: revoke it, or choose another name") from error

    def revoke(self, name: str) -> None:
        """End a key's rights. UserError where there is none of that name."""
        with failures_named(), self._engine.begin() as connection:
            if connection.execute(text(_REVOKE), {"name": name}).rowcount == 0:
                raise UserError(f"no key named {name}: ./run api-keys list shows them")
            detail = msgspec.json.encode({"key": name}).decode()
            connection.execute(text(_AUDIT), {"action": "revoked an API key", "detail": detail})

    def listed(self) -> Sequence[ListedKey]:
        """All that there ever were, by name; the revoked ones last."""
        with failures_named(), self._engine.connect() as connection:
            rows = connection.execute(text(_LIST)).mappings().all()
        return [msgspec.convert(dict(row), ListedKey) for row in rows]


_CALLER = "SELECT * FROM api_caller(:key)"
_ADD = """
    INSERT INTO api_key (name, operator, sha256, scopes)
    SELECT :name, id, :key, CAST(:scopes AS text[]) FROM operator WHERE name = :operator AND removed_at IS NULL"""
_REVOKE = "UPDATE api_key SET revoked_at = now() WHERE name = :name AND revoked_at IS NULL"
_AUDIT = "INSERT INTO audit (actor, action, detail) VALUES ('shell', :action, CAST(:detail AS jsonb))"
_LIST = """
    SELECT k.name, o.name AS operator, k.scopes, k.created_at, k.revoked_at
      FROM api_key k JOIN operator o ON o.id = k.operator ORDER BY k.revoked_at IS NOT NULL, k.name, k.id"""
