"""What is raised is answered before an answer has begun, and ends it afterwards, so that its listener sees the cut."""

import pytest
from starlette.types import Message, Receive, Scope, Send

from domain.errors import StoreUnavailable
from entrypoints.web.answers import Answers

AWAY, DEFECT = StoreUnavailable("it is away"), ValueError("a defect")
START: Message = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]}
BEGINNING: Message = {"type": "http.response.body", "body": b"ra", "more_body": True}


async def never(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise AssertionError("nobody has asked for this")


async def nothing() -> Message:
    raise AssertionError("nobody waits for this")


async def sent(error: Exception, *before: Message) -> list[Message]:
    """What an application has sent that raises ``error`` after these messages."""
    messages: list[Message] = []

    async def fails(_scope: Scope, _receive: Receive, send: Send) -> None:
        for message in before:
            await send(dict(message))
        raise error

    async def note(message: Message) -> None:
        messages.append(message)

    try:
        await Answers(fails, never)({"type": "http", "method": "GET"}, nothing, note)
    except (StoreUnavailable, ValueError) as raised:
        messages.append({"type": "raised", "error": raised})
    return messages


async def test_a_refusal_is_answered() -> None:
    start, body = await sent(AWAY)

    assert (start["status"], body.get("more_body", False)) == (503, False)


async def test_a_defect_is_answered_and_raised() -> None:
    start, body, raised = await sent(DEFECT)

    assert (start["status"], body.get("more_body", False)) == (500, False)
    assert raised["error"] is DEFECT


@pytest.mark.parametrize("error", [AWAY, DEFECT])
async def test_an_answer_that_has_begun_gets_no_second_beginning(error: Exception) -> None:
    start, *rest = await sent(error, START, BEGINNING)

    assert start["status"] == 200
    assert rest == [BEGINNING, {"type": "raised", "error": error}]
