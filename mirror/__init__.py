"""Our model versions, shown in another registry. Optional: nothing of ours reads from it."""
