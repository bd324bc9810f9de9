"""Models: trained, judged, signed, kept in a versioned bucket, verified and loaded. A new model starts in fit.py."""
