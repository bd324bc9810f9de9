"""When many devices in trouble have one cause."""

from msgspec.structs import replace

from core.cause import Group, common_cause

SILENT = Group("silent", "Factory equipment", devices=42, of=45, within=30.0)


def test_most_of_a_machines_devices_at_once_have_one_cause() -> None:
    assert common_cause([SILENT], 42) == SILENT


def test_a_few_others_do_not_hide_it() -> None:
    others = Group("fault", "Press", devices=5, of=90, within=10.0)
    assert common_cause([others, SILENT], 47) == SILENT


def test_several_kinds_of_trouble_have_no_one_cause() -> None:
    faults = replace(SILENT, kind="fault", devices=30)
    assert common_cause([SILENT, faults], 72) is None


def test_few_of_many_devices_may_have_causes_of_their_own() -> None:
    assert common_cause([replace(SILENT, of=85)], 42) is None


def test_devices_that_begin_one_after_the_other_may_have_causes_of_their_own() -> None:
    assert common_cause([replace(SILENT, within=3600.0)], 42) is None


def test_a_whole_line_says_more_than_half_of_its_machine_or_of_its_site() -> None:
    line = Group("silent", "Line 1", devices=40, of=40, within=30.0)
    site = Group("silent", "Site North", devices=42, of=60, within=30.0)
    assert common_cause([site, line, replace(SILENT, of=80)], 42) == line


def test_one_device_shares_nothing() -> None:
    assert common_cause([replace(SILENT, devices=1, of=1)], 1) is None


def test_nothing_has_no_cause() -> None:
    assert common_cause([], 0) is None
