"""Telegram's webhook, where the settings ask for one."""

from collections.abc import Iterator
from contextlib import contextmanager

from alerts.service import Listen
from alerts.webhook import Hook, hook_of
from app.settings import Settings


@contextmanager
def webhook(settings: Settings) -> Iterator[tuple[Hook | None, Listen | None]]:
    """Where Telegram brings replies, and what serves that while the block lasts; nothing where we ask for them.

    UserError names the setting that is wrong.
    """
    if not settings.telegram_webhook_url or not settings.telegram_bot_token:
        yield None, None
        return
    from api.server import listening, serve  # a web server: 20 MB, only where one is wanted

    hook = hook_of(settings.telegram_webhook_url, settings.telegram_bot_token)
    host, port = settings.telegram_webhook_host, settings.telegram_webhook_port
    with listening(host, port, "TELEGRAM_WEBHOOK") as socket:
        yield hook, lambda receiver, stopping: serve(receiver, socket, stopping)
