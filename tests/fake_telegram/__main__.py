"""`python -m tests.fake_telegram --port P [--host H] [--token T] [--state FILE]`."""

import argparse
import signal
from contextlib import suppress
from pathlib import Path

from tests.fake_telegram.server import TOKEN, FakeTelegram

parser = argparse.ArgumentParser(prog="fake_telegram", description="A stand-in for Telegram's Bot API.")
parser.add_argument("--host", default="127.0.0.1")
parser.add_argument("--port", type=int, default=0, help="0: a free one, which is printed")
parser.add_argument("--token", default=TOKEN)
parser.add_argument("--state", type=Path, help="file that remembers all of it")
given = parser.parse_args()
signal.signal(signal.SIGTERM, signal.default_int_handler)  # the first process of a container has no handler

with FakeTelegram(given.host, given.port, given.token, given.state) as server:
    print(server.url, flush=True)
    with suppress(KeyboardInterrupt):
        server.serve_forever()
