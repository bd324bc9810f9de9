from core.file_findings import MOST_RANGES, FileFindings


def test_rows_in_a_row_are_one_range_and_the_first_cell_is_the_example() -> None:
    findings = FileFindings()
    for row, value in ((3, "x"), (4, "y"), (9, "z")):
        findings.add("bad", row, "speed", value, "not a number")
    (found,) = findings.all()
    assert (found.cells, found.ranges, found.example, found.more_ranges) == (3, [(3, 4), (9, 9)], "x", 0)


def test_each_column_and_reason_is_a_finding_by_column_the_most_frequent_first() -> None:
    findings = FileFindings()
    findings.add("bad", 1, "b", "", "no time")
    findings.add("doubtful", 1, "a", "", "is absent")
    for row in (2, 3):
        findings.add("doubtful", row, "a", "900", "lies outside of 0 to 1")
    assert [(one.column, one.kind, one.cells) for one in findings.all()] == [
        ("a", "doubtful", 2),
        ("a", "doubtful", 1),
        ("b", "bad", 1),
    ]


def test_however_many_runs_there_are_a_few_are_kept_and_the_others_counted() -> None:
    findings = FileFindings()
    rows = [*range(0, 4 * MOST_RANGES, 2), 4 * MOST_RANGES - 1]  # the last one belongs to the run before it
    for row in rows:
        findings.add("bad", row, "speed", "x", "not a number")
    (found,) = findings.all()
    assert (len(found.ranges), found.more_ranges) == (MOST_RANGES, MOST_RANGES)
    assert found.cells == len(rows)
