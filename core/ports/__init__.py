"""What each part needs of another: small Protocols, wired together in `app/wiring.py`."""
