"""The one-way services that the settings name."""

from collections.abc import Mapping

from app.settings import Settings


def services_of(settings: Settings) -> Mapping[str, Mapping[str, str]]:
    """Setting → name of a service → its URL. UserError where apprise does not take a URL."""
    urls = {"NOTIFY_URLS": settings.notify_urls, "ENGINEER_URLS": settings.engineer_urls}
    return {setting: _named(setting, value) for setting, value in urls.items()}


def tell_engineers_at_once(settings: Settings, words: str) -> None:
    """Send these words to the services of ENGINEER_URLS, past the outbox. UserError, SendUnclear, NotSent."""
    services = _named("ENGINEER_URLS", settings.engineer_urls)
    if services:
        from alerts.services import send_past_the_outbox

        send_past_the_outbox(services, words)


def _named(setting: str, urls: str) -> Mapping[str, str]:
    if not urls.strip():
        return {}
    from alerts.services import named_services  # half a second and 20 MB, only where services are named

    return named_services(setting, urls)
