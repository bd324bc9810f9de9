"""A small Bot API server for tests and demos, on the standard library alone: `python -m tests.fake_telegram --port P`.

It answers the methods that Faultline uses, and checks what the real one checks. Around them, for tests, take and give
JSON (`client.py` speaks it):

    POST /control/say    user, text [chat, reply_to, forwarded, edited, sender_chat]   somebody writes
    POST /control/press  user, chat, message_id [button, data]                         somebody presses a button
    POST /control/chat   id, state: open | unknown | blocked | moved [to]              a chat changes
    POST /control/fault  kind: flood | blocked | error | lost | hang | drop [count, seconds, method]
    GET  /control/messages                                                             all messages, edits included
    GET  /control/calls                                                                all sends and edits, with times
    GET  /                                                                             the same for people, to answer on
"""
