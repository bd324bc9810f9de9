"""Alerts to people and their replies. The main flow is in `service.py`: dispatcher out, bot in."""
