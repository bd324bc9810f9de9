"""The consumer: scores readings as they come and stores them exactly once. The main loop is in `consumer/loop.py`."""
