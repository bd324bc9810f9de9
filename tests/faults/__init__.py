"""Faults: real processes under load, something breaks, nothing is lost. START HERE: rig.py."""
