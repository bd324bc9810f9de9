"""`python -m app`, which is `./run` in a checkout and `faultline` in the image."""

from app.cli import run

if __name__ == "__main__":
    run()
