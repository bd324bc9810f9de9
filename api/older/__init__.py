"""Paths of older systems, with their own shapes."""
