"""The page: what operators see and answer in a browser. The only edge that knows FastAPI."""
