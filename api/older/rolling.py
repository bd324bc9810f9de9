"""What the older paths say of machines whose readings do not stand for themselves."""

from collections.abc import Container

from core.machine import Machine


def lacks_earlier(machine: Machine, fields: Container[str]) -> str:
    """Why a reading with these fields cannot be scored as the stream would score it; empty: it can.

    These paths name no device, so nobody knows which readings came before. Fields are named as the sensors, or as in
    the machine's training files.
    """
    lacking = [
        sensor.name
        for sensor in machine.sensors
        if sensor.rolling is not None
        and sensor.name not in fields
        and machine.csv.columns.get(sensor.name, sensor.name) not in fields
    ]
    if not lacking:
        return ""
    return (
        f"{machine.name} computes {', '.join(lacking)} from the device's last readings, and this path carries none:"
        f" send them as `earlier` to POST /api/v1/machines/{machine.name}/predict"
    )
