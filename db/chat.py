"""Chats: how fast messages may go to each, and where one went that moved. On the database's clock, for all senders."""

from typing import Any

from sqlalchemy import Connection, Row, text

_QUIET_S = 3.0
"""Since the last alert: while one comes every other second, nobody reads what explains the one before."""
_NEWS_S = 600.0
"""So long after its alert a picture is worth a look; after a flood there would be an hour of pictures."""


def may_send_now(connection: Connection, channel: str, address: str) -> bool:
    """Take the right to send one message now; False where the channel as a whole sent one a moment ago.

    Telegram's limits: one message a second a chat, twenty a minute a group, thirty a second in all. Slack, too, takes
    one a second.
    """
    turn = {"channel": channel, "pace": 1 / 30}
    if channel == "telegram" and connection.execute(text(_TAKE_TURN), turn).rowcount == 0:
        return False
    pace_chat(connection, channel, address)
    return True


def pace_chat(connection: Connection, channel: str, address: str) -> None:
    """No message there before its pace allows one, counted from now.

    Called before a send and after it: a send may be slow to arrive, and the chat counts from its arrival.
    """
    if channel != "console":
        pace = 3.0 if channel == "telegram" and address.startswith("-") else 1.0
        connection.execute(text(_PACE), {"channel": channel, "address": address, "pace": pace})


def put_off(connection: Connection, details: Row[Any]) -> bool:
    """Whether what explains an alert is not sent now: its chat is not quiet, or a chart is too old ever to be sent."""
    if details.channel == "console":  # which has no pace
        return False
    key = {"id": details.id, "first": details.edits, "news": _NEWS_S}
    is_too_late = details.kind == "chart" and connection.execute(text(_TOO_LATE), key).rowcount > 0
    return is_too_late or _wait_for_quiet(connection, details)


def _wait_for_quiet(connection: Connection, details: Row[Any]) -> bool:
    """Put details off while alerts come to their chat: the next alert would wait for the pace that they use up."""
    key = {"id": details.id, "first": details.edits, "quiet": _QUIET_S}
    return connection.execute(text(_WAIT_FOR_QUIET), key).rowcount > 0


def pause_chat(connection: Connection, channel: str, address: str, seconds: float) -> None:
    """Send nothing there for that long: the service asked for it."""
    connection.execute(text(_PAUSE), {"channel": channel, "address": address, "seconds": seconds})


def follow_chat(connection: Connection, channel: str, address: str, moved_to: str) -> None:
    """From now on everything meant for the chat goes to its new address, once."""
    for statement in (_MOVED, _DROP_DOUBLE_SUBSCRIPTIONS, _MOVE_SUBSCRIPTIONS, _DROP_DOUBLE_ALERTS, _MOVE_WAITING):
        connection.execute(text(statement), {"channel": channel, "address": address, "moved_to": moved_to})


_TAKE_TURN = """
    INSERT INTO chat (channel, address, next_at)
    VALUES (:channel, '', clock_timestamp() + make_interval(secs => :pace))
    ON CONFLICT (channel, address) DO UPDATE SET next_at = excluded.next_at
     WHERE chat.next_at IS NULL OR chat.next_at <= clock_timestamp()"""
_PACE = """
    INSERT INTO chat (channel, address, next_at)
    VALUES (:channel, :address, clock_timestamp() + make_interval(secs => :pace))
    ON CONFLICT (channel, address) DO UPDATE SET next_at = excluded.next_at"""
_PAUSE = """
    INSERT INTO chat (channel, address, paused_until)
    VALUES (:channel, :address, clock_timestamp() + make_interval(secs => :seconds))
    ON CONFLICT (channel, address) DO UPDATE SET paused_until = excluded.paused_until"""
_MOVED = """
    INSERT INTO chat (channel, address, moved_to) VALUES (:channel, :address, :moved_to)
    ON CONFLICT (channel, address) DO UPDATE SET moved_to = excluded.moved_to"""
_DROP_DOUBLE_SUBSCRIPTIONS = """
    DELETE FROM subscription s WHERE channel = :channel AND address = :address
       AND EXISTS (SELECT FROM subscription t WHERE t.operator = s.operator AND t.channel = s.channel
                      AND t.address = :moved_to AND t.machine IS NOT DISTINCT FROM s.machine)"""
_MOVE_SUBSCRIPTIONS = "UPDATE subscription SET address = :moved_to WHERE channel = :channel AND address = :address"
_DROP_DOUBLE_ALERTS = """
    UPDATE outbox o SET state = 'dead', error = 'the chat moved to one that has this alert already'
     WHERE channel = :channel AND address = :address AND state IN ('pending', 'uncertain', 'shelved', 'kept')
       AND kind = 'alert'
       AND EXISTS (SELECT FROM outbox t WHERE t.kind = 'alert' AND t.alert = o.alert
                      AND t.channel = o.channel AND t.address = :moved_to)"""
_MOVE_WAITING = """
    UPDATE outbox SET address = :moved_to, not_before = clock_timestamp()
     WHERE channel = :channel AND address = :address AND state IN ('pending', 'uncertain', 'shelved', 'kept')"""
_TOO_LATE = """
    UPDATE outbox SET state = 'withheld'
     WHERE id = :id AND (SELECT sent_at FROM outbox WHERE id = :first)
                        < clock_timestamp() - make_interval(secs => :news)"""
_WAIT_FOR_QUIET = """
    UPDATE outbox o SET not_before = newest.at + make_interval(secs => :quiet)
      FROM (SELECT max(m.sent_at) AS at FROM outbox m JOIN outbox c ON c.channel = m.channel AND c.address = m.address
             WHERE c.id = :id AND m.id >= :first AND m.kind IN ('alert', 'again', 'digest')) AS newest
     WHERE o.id = :id AND newest.at > clock_timestamp() - make_interval(secs => :quiet)"""
