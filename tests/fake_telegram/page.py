"""The chats as a page: to read what the bot sent and to answer as a person would."""

import html

from tests.fake_telegram.world import Message, World

_HEAD = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Chats</title>
<style>body{font:16px sans-serif;max-width:40em;margin:2em auto}pre{white-space:pre-wrap;border:1px solid #bbb;
border-radius:8px;padding:.6em;margin:.4em 0}form{display:inline}.person pre{margin-left:6em}</style>
<h1>Chats</h1><p>A stand-in for Telegram. <a href="/">Look again</a></p>"""


def page(world: World) -> str:
    """Every chat with its messages and buttons."""
    chats = sorted({message.chat for message in world.messages})
    return _HEAD + ("".join(_chat(world, chat) for chat in chats) or "<p>No message yet.</p>")


def _chat(world: World, chat: int) -> str:
    messages = [message for message in world.messages if message.chat == chat]
    write = f'<input type="hidden" name="user" value="{chat}"><input name="text" placeholder="Y or N">'
    return (
        f"<h2>Chat {chat}</h2>"
        + "".join(_message(world, message) for message in messages)
        + f'<form method="post" action="/control/say">{write}<button>Write</button></form>'
    )


def _message(world: World, message: Message) -> str:
    side = "bot" if message.sender == world.bot else "person"
    edited = " (edited)" if message.edits else ""
    buttons = [button["text"] for row in message.buttons for button in row]
    forms = "".join(_button(message, position, words) for position, words in enumerate(buttons))
    return f'<div class="{side}"><pre>{html.escape(message.text)}{edited}</pre>{forms}</div>'


def _button(message: Message, position: int, words: str) -> str:
    fields = {"user": message.chat, "chat": message.chat, "message_id": message.message_id, "button": position}
    hidden = "".join(f'<input type="hidden" name="{name}" value="{value}">' for name, value in fields.items())
    return f'<form method="post" action="/control/press">{hidden}<button>{html.escape(words)}</button></form> '
