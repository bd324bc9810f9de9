"""What is remembered of devices as rows: only states that are not the default have one."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, text

from core.incident import HEALTHY, DeviceState, Moment
from core.sensor_fault import ALL_WELL, SensorState, Window
from db.bulk import insert_values


def state_from_row(row: Row[Any]) -> DeviceState:
    """The state in a row of device_state or sensor_state; HEALTHY for the NULLs of an outer join."""
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


def sensor_states(connection: Connection, devices: Sequence[int]) -> Mapping[int, SensorState]:
    """What is remembered of the sensors of those devices of whom something is."""
    rows = connection.execute(text("SELECT * FROM sensor_state WHERE device = ANY(:devices)"), {"devices": devices})
    return {
        row.device: SensorState(state_from_row(row), tuple(Window(*window) for window in row.windows)) for row in rows
    }


def save_states(connection: Connection, states: Mapping[int, DeviceState]) -> None:
    """Write the states that changed; a device that is healthy again loses its row."""
    rows = {device: None if state == HEALTHY else _row(device, state) for device, state in states.items()}
    _save(connection, "device_state", _COLUMNS, rows)


def save_sensor_states(connection: Connection, states: Mapping[int, SensorState]) -> None:
    """Write the states that changed; a device whose sensors are all well again loses its row."""
    rows = {device: None if state == ALL_WELL else _sensor_row(device, state) for device, state in states.items()}
    _save(connection, "sensor_state", (*_COLUMNS, "windows"), rows)


def _save(
    connection: Connection, table: str, columns: Sequence[str], rows: Mapping[int, tuple[object, ...] | None]
) -> None:
    if gone := [device for device, row in rows.items() if row is None]:
        connection.execute(text(f"DELETE FROM {table} WHERE device = ANY(:devices)"), {"devices": gone})  # noqa: S608  # ours
    replaced = ", ".join(f"{column} = excluded.{column}" for column in columns)
    statement = f"""
        INSERT INTO {table} (device, {", ".join(columns)}) VALUES %s
        ON CONFLICT (device) DO UPDATE SET {replaced}"""  # noqa: S608  # names of ours
    insert_values(connection, statement, [row for row in rows.values() if row is not None])


def _moment(partition: int | None, offset: int | None, time: int | None) -> Moment | None:
    return None if partition is None or offset is None or time is None else Moment(partition, offset, time)


def _sensor_row(device: int, state: SensorState) -> tuple[object, ...]:
    return (*_row(device, state.course), msgspec.json.encode(state.windows).decode())


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


_COLUMNS = (
    "window_bits",
    "normals",
    *("since_partition", "since_offset", "since_time"),
    *("last_partition", "last_offset", "last_time"),
    "faults",
    "peak",
    "open",
    "newest_time",
)
