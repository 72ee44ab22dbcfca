"""A connection that stays with the event loop: it waits as psycopg does, and is taken from the loop when it must be."""

import asyncio
from asyncio import SelectorEventLoop
from collections.abc import Callable, Coroutine, Iterator
from gc import collect
from socket import AF_INET, SOCK_DGRAM, socket
from time import process_time
from typing import Any, LiteralString
from weakref import ref

import pytest
import uvloop
from psycopg import AsyncConnection, OperationalError
from psycopg.rows import class_row, tuple_row

from adapters.postgres.attached_connection import AttachedConnection
from adapters.postgres.statement import shut_down

Run = Callable[[Coroutine[Any, Any, None]], None]

MUCH = 20_000_000  # bytes; more than a socket takes or gives at once
LOST = "SELECT pg_terminate_backend(%(pid)s)"
IS_ACTIVE = "SELECT state = 'active' FROM pg_stat_activity WHERE pid = %(pid)s"


class RegisteringLoop(SelectorEventLoop):
    """A loop that tells how often a descriptor was registered to be read."""

    registered = 0

    def add_reader(self, *registered: object) -> None:
        self.registered += 1
        super().add_reader(*registered)  # type: ignore[arg-type]


@pytest.fixture(params=[SelectorEventLoop, uvloop.new_event_loop])
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    """Runs a test on each kind of loop, since each remembers descriptors in its own way."""
    with asyncio.Runner(loop_factory=request.param) as runner:
        yield runner.run


async def attached(url: str) -> AttachedConnection:
    return await AttachedConnection.connect(url, autocommit=True)


async def answer(connection: AsyncConnection, statement: LiteralString, **parameters: object) -> object:
    row = await (await connection.execute(statement, parameters)).fetchone()
    return row and row[0]


async def end_backend(of: AttachedConnection, url: str) -> None:
    async with await AsyncConnection.connect(url, autocommit=True) as other:
        await answer(other, LOST, pid=of.info.backend_pid)


def test_many_statements_register_a_connection_once(postgres_url: str) -> None:
    async def many_statements() -> None:
        async with await attached(postgres_url) as connection:
            before = loop.registered
            assert [await answer(connection, "SELECT %(n)s::int", n=n) for n in range(20)] == list(range(20))
            assert loop.registered == before + 1

    loop = RegisteringLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(many_statements())


def test_a_statement_and_an_answer_may_be_longer_than_a_socket_takes(run: Run, postgres_url: str) -> None:
    async def long_ones() -> None:
        async with await attached(postgres_url) as connection:
            for _ in range(2):
                text = await answer(connection, "SELECT %(text)s || repeat('b', %(n)s)", text="a" * MUCH, n=MUCH)
                assert text == "a" * MUCH + "b" * MUCH
                assert await answer(connection, "SELECT 1") == 1

    run(long_ones())


def test_a_server_that_hangs_up_on_an_idle_connection_keeps_no_processor_busy(run: Run, postgres_url: str) -> None:
    async def hung_up_on() -> None:
        async with await attached(postgres_url) as connection:
            await answer(connection, "SELECT 1")
            await end_backend(connection, postgres_url)
            await asyncio.sleep(0.1)
            before = process_time()
            await asyncio.sleep(0.5)
            assert process_time() - before < 0.1
            with pytest.raises(OperationalError):
                await answer(connection, "SELECT 1")

    run(hung_up_on())


@pytest.mark.parametrize("is_lost", [True, False])
def test_whoever_is_given_the_descriptor_of_a_connection_that_ended_is_heard(
    run: Run, postgres_url: str, is_lost: bool
) -> None:
    async def one_after_another() -> None:
        connection = await attached(postgres_url)
        descriptor = connection.fileno()
        if is_lost:
            asking = asyncio.create_task(answer(connection, "SELECT pg_sleep(60)"))
            await asyncio.sleep(0.1)
            shut_down(connection)
            with pytest.raises(OperationalError):
                await asking
        else:
            await answer(connection, "SELECT 1")
            await connection.close()
        with one_on(descriptor) as heard, one_on(None) as speaker:
            speaker.connect(heard.getsockname())
            speaker.send(b"heard")
            async with asyncio.timeout(2):
                assert await asyncio.get_running_loop().sock_recv(heard, 5) == b"heard"

    run(one_after_another())


def one_on(descriptor: int | None) -> socket:
    """A socket that hears of datagrams, on a certain descriptor or on any."""
    opened = socket(AF_INET, SOCK_DGRAM)
    opened.bind(("127.0.0.1", 0))
    opened.setblocking(False)
    assert descriptor in (None, opened.fileno())
    return opened


def test_a_statement_has_one_cursor_as_long_as_its_rows_are_made_alike(run: Run, postgres_url: str) -> None:
    async def one_cursor() -> None:
        async with await attached(postgres_url) as connection:
            first = connection.kept_cursor("SELECT %(n)s", tuple_row)
            assert [await (await first.execute("SELECT %(n)s", {"n": n})).fetchall() for n in (1, "one", None)] == [
                [(1,)],
                [("one",)],
                [(None,)],
            ]
            assert connection.kept_cursor("SELECT %(n)s", tuple_row) is first
            other = ref(connection.kept_cursor("SELECT 2", class_row(dict)))
            connection.kept_cursor("SELECT 2", tuple_row)
            collect()
            assert other() is None

    run(one_cursor())


def test_a_statement_that_is_cancelled_ends_at_the_server_and_the_connection_is_used_again(
    run: Run, postgres_url: str
) -> None:
    async def cancelled() -> None:
        async with await attached(postgres_url) as connection, await attached(postgres_url) as other:
            asking = asyncio.create_task(answer(connection, "SELECT pg_sleep(60)"))
            await asyncio.sleep(0.2)
            assert await answer(other, IS_ACTIVE, pid=connection.info.backend_pid) is True
            asking.cancel()
            await asyncio.wait([asking], timeout=5)
            assert asking.cancelled()
            assert await answer(other, IS_ACTIVE, pid=connection.info.backend_pid) is False
            assert await answer(connection, "SELECT 1") == 1

    run(cancelled())


def test_notifications_come_between_statements_and_while_they_are_waited_for(run: Run, postgres_url: str) -> None:
    async def notified() -> None:
        async with await attached(postgres_url) as connection, await attached(postgres_url) as other:
            await connection.execute("LISTEN attached")
            await other.execute("NOTIFY attached, 'first'")
            assert await answer(connection, "SELECT 1") == 1
            heard = [notice.payload async for notice in connection.notifies(timeout=0.2)]
            listening = asyncio.create_task(next_payload(connection))
            await asyncio.sleep(0.1)
            await other.execute("NOTIFY attached, 'second'")
            async with asyncio.timeout(5):
                assert [*heard, await listening] == ["first", "second"]

    run(notified())


async def next_payload(connection: AsyncConnection) -> str:
    [payload] = [notice.payload async for notice in connection.notifies(stop_after=1)]
    return payload
