"""Slack, e-mail and whatever else apprise knows: channels that take messages and bring no answers."""

import asyncio
import hashlib
import itertools
import logging
from collections.abc import Mapping

from apprise import Apprise, AppriseAsset, NotifyFormat
from apprise.common import PersistentStoreMode
from apprise.result import AppriseResultStatus

from core.errors import NotSent, SendUnclear, Undeliverable, UserError
from core.ports.chat import Rendered

# It logs each failure, which we tell ourselves, in our words.
logging.getLogger("apprise").propagate = False
logging.getLogger("apprise").addHandler(logging.NullHandler())

_TIMEOUT_S = 30.0
"""Less than a lease."""
_ASSET = AppriseAsset(app_id="Faultline", app_desc="Faultline", storage_mode=PersistentStoreMode.MEMORY)
_KNOWN = "https://github.com/caronc/apprise/wiki lists them"


def named_services(setting: str, urls: str) -> Mapping[str, str]:
    """The URLs of this setting, separated by spaces, by a short name each, which shows no secret.

    UserError names the setting and the place of a URL that apprise does not take.
    """
    found = {}
    for place, url in enumerate(urls.split(), 1):
        schema = url.partition("://")[0]
        if Apprise.instantiate(url, asset=_ASSET) is None:
            raise UserError(
                f"{setting}: its URL number {place} ({_shown(schema)}://…) is none that apprise takes: {_KNOWN}"
            )
        found[f"{schema}-{hashlib.sha256(url.encode()).hexdigest()[:8]}"] = url
    return found


class Services:
    """core.ports.chat.Notifier to services that URLs describe; an address is the name of one."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        """`urls`: by name, of `named_services`."""
        self._urls = urls
        self._sent = itertools.count(1)

    async def send(self, address: str, message: Rendered, reply_to: str | None = None) -> str:
        """Send; its first line is the title where a service has titles."""
        title, _, body = message.text.partition("\n")
        service = Apprise(asset=_ASSET)
        if not service.add(self._url(address)):
            raise Undeliverable(f"apprise does not take the URL of {address} any more")
        with await service.async_notify(
            body=body.strip() or title,
            title=title if body.strip() else "",
            body_format=NotifyFormat.TEXT,
            timeout=_TIMEOUT_S,
            log_level=logging.WARNING,
        ) as result:
            if result.status is AppriseResultStatus.TIMEOUT:
                raise SendUnclear(f"{address} did not answer within {_TIMEOUT_S:.0f} s")
            if not result:
                said = "; ".join(entry.message for entry in result.logs())
                raise NotSent(f"{address} did not take it: {said or 'apprise does not say why'}")
        return f"sent {next(self._sent)}"

    async def edit(self, address: str, reference: str, message: Rendered) -> None:
        """Nothing: what was sent there stays as it is, and a second message would ring."""

    def _url(self, address: str) -> str:
        try:
            return self._urls[address]
        except KeyError:
            raise Undeliverable(f"{address} is in neither NOTIFY_URLS nor ENGINEER_URLS any more") from None


def send_past_the_outbox(urls: Mapping[str, str], words: str) -> None:
    """Send these words to every one of these services now, for when nobody serves the outbox.

    Raises SendUnclear or NotSent for the last that did not take them, after all were tried.
    """
    failure: SendUnclear | NotSent | None = None
    for name in urls:
        try:
            asyncio.run(Services(urls).send(name, Rendered(words)))
        except (SendUnclear, NotSent) as error:
            failure = error
    if failure is not None:
        raise failure


def _shown(schema: str) -> str:
    return schema if schema.isascii() and schema.replace("+", "").isalnum() else "?"
