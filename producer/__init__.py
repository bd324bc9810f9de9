"""The producer: simulated machines or a replayed file, published to Kafka.

The way of a reading: `simulated.py` or `replay.py` → `messages.py` (encode) → `publisher.py`.
"""
