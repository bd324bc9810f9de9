"""Wiring, settings, command line: the only place that knows every edge. The main flow starts in `app/commands/`."""
