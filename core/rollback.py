"""Which champion a rollback goes back to."""

from collections.abc import Sequence


def before_last(promotions: Sequence[tuple[str, int]]) -> int | None:
    """The champion to roll back to, from every promotion (kind, number) in order; None where there is none.

    A rollback takes its champions off, so that two rollbacks in a row go back two steps.
    """
    stack: list[int] = []
    for kind, number in promotions:
        if kind == "rollback" and number in stack:
            while stack[-1] != number:
                stack.pop()
        elif not stack or stack[-1] != number:
            stack.append(number)
    return stack[-2] if len(stack) > 1 else None
