"""When many devices in trouble have one cause."""

from msgspec.structs import replace

from core.cause import Group, common_cause

SILENT = Group("silent", "equipment", "Factory equipment", devices=42, of=45, within=30.0)


def test_most_of_a_machines_devices_at_once_have_one_cause() -> None:
    assert common_cause([SILENT]) == SILENT


def test_a_few_others_do_not_hide_it() -> None:
    others = Group("fault", "press", "Press", devices=5, of=90, within=10.0)
    assert common_cause([others, SILENT]) == SILENT


def test_several_kinds_of_trouble_have_no_one_cause() -> None:
    faults = replace(SILENT, kind="fault", devices=30)
    assert common_cause([SILENT, faults]) is None


def test_few_of_many_devices_may_have_causes_of_their_own() -> None:
    assert common_cause([replace(SILENT, of=85)]) is None


def test_devices_that_begin_one_after_the_other_may_have_causes_of_their_own() -> None:
    assert common_cause([replace(SILENT, within=3600.0)]) is None


def test_nothing_has_no_cause() -> None:
    assert common_cause([]) is None
