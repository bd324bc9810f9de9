"""Measures what the project promises of its speed, on the real servers of a local stack: `./run bench`."""
