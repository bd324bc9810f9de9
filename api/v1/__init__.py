"""`/api/v1`: what programs ask."""
