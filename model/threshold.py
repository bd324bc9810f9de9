"""Where a candidate alarms: tuned on the hold-out and the weighted audit, never on what alarms selected."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from sklearn.pipeline import Pipeline

from core.batch import Floats
from core.errors import UserError
from core.history import History
from core.label import Verdict
from core.machine import Machine
from core.threshold import Weighed, allowed_share, cheapest, within
from core.training import LabelledIncident
from model.answers import probabilities
from model.evaluation import FIXED, HIGHEST_F1
from model.one_class import BORDER, is_one_class

BEYOND = "the predicted value reaches a limit"
_DAY_US = 86_400_000_000


class Tuned(NamedTuple):
    """A threshold and the rule that found it; None: it is left to the highest F1."""

    threshold: float | None
    rule: str


def tuned(
    machine: Machine,
    base: History,
    hold_out: History,
    scores: Floats,
    incidents: Sequence[LabelledIncident],
    pipeline: Pipeline,
) -> Tuned:
    """What the machine's file asks for. `scores`: of the hold-out.

    Raises UserError where `base` knows no days, or a cost is asked for and no fault is known to weigh it with.
    """
    policy = machine.model
    if machine.threshold is not None:
        return Tuned(machine.threshold, FIXED)
    if policy.missed_fault_costs is not None:
        rows = _rows(hold_out, scores, incidents, pipeline)
        if not rows.truth.any():
            raise UserError(
                f"{machine.name}: missed_fault_costs weighs faults, and neither its base data nor an answer to the"
                " random audit tells of one; alarms_per_device_day does without"
            )
        rule = f"lowest cost where a missed fault costs {policy.missed_fault_costs:g} false alarms"
        return Tuned(cheapest(rows, policy.missed_fault_costs), rule)
    if policy.alarms_per_device_day is not None:
        rows, readings = _rows(hold_out, scores, incidents, pipeline), readings_per_device_day(machine, base)
        share = allowed_share(policy.alarms_per_device_day, readings, machine.incident.open_after)
        rule = (
            f"lowest with at most {policy.alarms_per_device_day:g} alarms per healthy device and day:"
            f" {share:.2g} of its {readings:,.0f} readings may be over it"
        )
        if share * float(np.count_nonzero(~rows.truth)) < 1:
            rule += "; no normal row of the hold-out is, which is too small to tell so few"
        return Tuned(within(rows, share), rule)
    if is_one_class(pipeline) and not hold_out.fault.any():
        return Tuned(BORDER, "the border of what is normal; the hold-out has no fault to tune it with")
    if machine.target is not None:
        return Tuned(0.5, BEYOND)
    return Tuned(None, HIGHEST_F1)


def readings_per_device_day(machine: Machine, base: History) -> float:
    """How often a device of the base data speaks while it does. Raises UserError where no time passes."""
    devices = np.unique(np.asarray(base.devices), return_inverse=True)[1]
    count, limits = int(devices.max()) + 1, np.iinfo(np.int64)
    first, last = np.full(count, limits.max), np.full(count, limits.min)
    np.minimum.at(first, devices, base.times)
    np.maximum.at(last, devices, base.times)
    span = float((last - first).sum())
    if span <= 0:
        raise UserError(
            f"{machine.name}: alarms_per_device_day needs base data whose times say how often a device speaks;"
            " missed_fault_costs does without"
        )
    return (len(base) - count) * _DAY_US / span


def _rows(hold_out: History, scores: Floats, incidents: Sequence[LabelledIncident], pipeline: Pipeline) -> Weighed:
    """The hold-out, and audited readings with the weights of their draw, one row's weight on average."""
    judged = (Verdict.FAULT, Verdict.FALSE_ALARM)
    audit = [one for one in incidents if one.audit and one.verdict in judged and len(one.sensors)]
    if not audit:
        return Weighed(hold_out.fault, scores, np.ones(len(hold_out)))
    weights = np.array([one.weight for one in audit])
    return Weighed(
        np.append(hold_out.fault, [one.verdict is Verdict.FAULT for one in audit]),
        np.append(scores, probabilities(pipeline, np.array([one.sensors[0] for one in audit]))),
        np.append(np.ones(len(hold_out)), weights / weights.mean()),
    )
