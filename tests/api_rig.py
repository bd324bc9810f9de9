"""The HTTP API over real models of the real machines' files, and a program before it."""

from collections.abc import Mapping
from functools import cache, partial

import numpy as np
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.v1.app import application
from api.v1.batching import MicroBatcher
from api.v1.parts import Parts
from app.data_set import data_set
from app.machines import load_machines
from app.served_models import ServedExplanations
from app.wiring import ROOT
from core.api_key import Scope
from core.batch import Floats
from core.history import History
from core.kept_readings import ReadingLog
from core.machine import Machine
from core.ports.chat import Inbox
from core.ports.models import Model
from core.prediction import ModelVersion
from core.shown import Alerts
from core.shown_incidents import Incidents
from core.target import outside
from model.fit import train
from model.kept_file import kept_file
from model.recipe import Recipe
from model.scorer import FaultModel
from model.sent_file import read_sent_file
from producer.history import simulated_values
from tests.fake_alerts import FakeAlerts
from tests.fake_api_keys import ADA, FakeApiKeys
from tests.fake_champions import FakeChampions
from tests.fake_devices import FakeDevices
from tests.fake_inbox import FakeInbox
from tests.fake_incidents import FakeIncidents
from tests.fake_models import FakeModels
from tests.fake_named_models import FakeNamedModels
from tests.fake_reading_log import FakeReadingLog

MACHINES = load_machines(ROOT / "machines")
LIMIT_BYTES = 1_048_576


def readings_of(machine: Machine, count: int, seed: int = 1, spread: float = 1.0) -> Floats:
    """Rows around the usual ranges, now and then without an optional sensor; `spread` in widths of the range."""
    random = np.random.default_rng(seed)
    low, high = np.array([sensor.usual for sensor in machine.sensors]).T
    rows: Floats = low + (high - low) * (0.5 + spread * (random.random((count, len(machine.sensors))) - 0.5))
    rows.clip([one.minimum for one in machine.sensors], [one.maximum for one in machine.sensors], out=rows)
    for column, sensor in enumerate(machine.sensors):
        if machine.target and sensor.name in machine.csv.values:
            rows[:, column] = random.choice(sorted(machine.csv.values[sensor.name].values()), count)
        if sensor.bit is not None:
            rows[:, column] = random.integers(0, 2, count)
        if sensor.optional:
            rows[random.random(count) < 0.2, column] = np.nan
    return rows


@cache
def a_model(name: str, version: int = 1) -> Model:
    """A small model of a machine's file: where one of its first three sensors reads high, there is a fault."""
    machine = MACHINES[name]
    rows = readings_of(machine, 600, seed=version, spread=1.6)
    low, high = np.array([sensor.usual for sensor in machine.sensors]).T
    height = np.nan_to_num((rows - low) / (high - low))[:, :3].max(axis=1)
    fault = height > np.quantile(height, 0.85)
    order = np.arange(len(rows), dtype=np.int64)
    kinds = max(1, len(machine.classes) - 1)
    classes = np.where(fault, 1 + order % kinds, 0).astype(np.int16) if machine.classes else None
    values = None
    if machine.target:
        values = simulated_values(machine, machine.target, rows, version)
        fault = outside(machine.target, values)
    history = History(rows, fault, [name] * len(rows), order * 1_000_000, classes, values)
    candidate = train(machine, history, Recipe("rf" if name == "equipment" else "lr"), [], lambda _: None)
    return FaultModel(ModelVersion(name, version), candidate.usual, candidate.metrics.threshold, candidate.pipeline)


class ApiRig:
    """An API whose models are real and whose keys are in memory."""

    def __init__(
        self,
        *,
        compat_without_key: bool = False,
        requests_per_s: float = 0,
        alerts: Alerts | None = None,
        inbox: Inbox | None = None,
        readings: ReadingLog | None = None,
        incidents: Incidents | None = None,
        compat_data: str = "",
        machines: Mapping[str, Machine] = MACHINES,
    ) -> None:
        """`alerts`, `inbox`, `readings`, `incidents`: instead of the fakes."""
        self.keys = FakeApiKeys()
        self.serving: dict[str, Model] = {name: a_model(name) for name in MACHINES}
        self.batcher = MicroBatcher(lambda: self.serving, 30)
        self.models, self.champions, self.devices = FakeModels(), FakeChampions(), FakeDevices()
        self.inbox = FakeInbox(operators={str(ADA.id): ADA.id})
        self.alerts = FakeAlerts(self.inbox)
        self.readings, self.incidents = FakeReadingLog(), FakeIncidents()
        self.named = FakeNamedModels(a_model)
        logs = readings or self.readings, incidents or self.incidents
        stores = self.models, self.champions, self.devices, *logs, alerts or self.alerts, inbox or self.inbox
        explain, data = ServedExplanations().explain, partial(data_set, compat_data)
        parts = Parts(machines, self.keys, *stores, self.batcher, explain, self.named, read_sent_file, kept_file, data)
        self.app: FastAPI = application(
            parts,
            body_limit_bytes=LIMIT_BYTES,
            requests_per_s=requests_per_s,
            compat_without_key=compat_without_key,
        )
        self.program = self.with_key(self.keys.offer(*Scope))

    def with_key(self, key: str) -> TestClient:
        """A program that sends this key."""
        return TestClient(self.app, headers={"Authorization": f"Bearer {key}"})

    def without_key(self) -> TestClient:
        """One that sends none."""
        return TestClient(self.app)


def as_sensors(machine: Machine, row: Floats) -> Mapping[str, float]:
    """A row as it is sent: absent sensors are left out."""
    return {name: value for name, value in zip(machine.sensor_names, row.tolist(), strict=True) if not np.isnan(value)}
