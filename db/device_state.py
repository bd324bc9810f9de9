"""Device states as rows: only states that are not the default have one."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, text

from core.incident import HEALTHY, DeviceState, Moment
from db.bulk import insert_values


def state_from_row(row: Row[Any]) -> DeviceState:
    """The state in a row of device_state; HEALTHY for the NULLs of an outer join."""
    if row.window_bits is None:
        return HEALTHY
    return DeviceState(
        window=row.window_bits,
        normals=row.normals,
        since=_moment(row.since_partition, row.since_offset, row.since_time),
        last=_moment(row.last_partition, row.last_offset, row.last_time),
        faults=row.faults,
        peak=row.peak,
        open=row.open,
        newest=row.newest_time if row.newest_time is not None else row.last_time,
    )


def save_states(connection: Connection, states: Mapping[int, DeviceState]) -> None:
    """Write the states that changed; a device that is healthy again loses its row."""
    healthy = [device for device, state in states.items() if state == HEALTHY]
    others = [_row(device, state) for device, state in states.items() if state != HEALTHY]
    if healthy:
        connection.execute(text("DELETE FROM device_state WHERE device = ANY(:devices)"), {"devices": healthy})
    insert_values(connection, _UPSERT, others)


def _moment(partition: int | None, offset: int | None, time: int | None) -> Moment | None:
    return None if partition is None or offset is None or time is None else Moment(partition, offset, time)


def _row(device: int, state: DeviceState) -> tuple[object, ...]:
    since, last = state.since, state.last
    return (
        device,
        state.window,
        state.normals,
        *((since.partition, since.offset, since.time) if since else (None, None, None)),
        *((last.partition, last.offset, last.time) if last else (None, None, None)),
        state.faults,
        state.peak,
        state.open,
        state.newest,
    )


_UPSERT = """
    INSERT INTO device_state (device, window_bits, normals, since_partition, since_offset, since_time,
                              last_partition, last_offset, last_time, faults, peak, open, newest_time) VALUES %s
    ON CONFLICT (device) DO UPDATE SET window_bits = excluded.window_bits, normals = excluded.normals,
        since_partition = excluded.since_partition, since_offset = excluded.since_offset,
        since_time = excluded.since_time,
        last_partition = excluded.last_partition, last_offset = excluded.last_offset, last_time = excluded.last_time,
        faults = excluded.faults, peak = excluded.peak, open = excluded.open,
        newest_time = excluded.newest_time"""
