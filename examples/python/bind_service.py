"""A service in asyncio: over HTTP, it is told domain names, and ties them to a routine while it goes on serving.

    PUT /app.example.com   ties the name, and answers when that is done: 200, or 502 with what went wrong
    GET /                  how many names are being tied, are tied, and have failed

Credentials, region and endpoint come from the environment: ALIBABA_CLOUD_ACCESS_KEY_ID,
ALIBABA_CLOUD_ACCESS_KEY_SECRET, ALIBABA_CLOUD_SECURITY_TOKEN for temporary ones, ALIBABA_CLOUD_REGION_ID, ESA_ENDPOINT.

Ctrl-C and SIGTERM end it: names that are being tied are given up, and each of their clients is told what became of it.
Exit status: 0; 2 a wrong argument.
"""

import argparse
import asyncio
import contextlib
import signal
import sys
from http import HTTPStatus

from libesa import AsyncClient, EsaError

REQUEST_LIMIT = 10.0
"""How long a client may take to send its request, in seconds."""


class Service:
    """Ties names with one client of the library, any number at once."""

    def __init__(self, client: AsyncClient, routine: str, timeout: float) -> None:
        """Nothing is tied yet; `timeout` is for each name, in seconds."""
        self.client = client
        self.routine = routine
        self.timeout = timeout
        self.serving: set[asyncio.Task[None]] = set()
        self.tying: set[asyncio.Future[str]] = set()
        self.tied = 0
        self.failed = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers one request."""
        serving = asyncio.current_task()
        assert serving
        self.serving.add(serving)
        serving.add_done_callback(self.serving.discard)
        with contextlib.closing(writer), contextlib.suppress(OSError, asyncio.TimeoutError, ValueError):
            method, path = await asyncio.wait_for(read_request(reader), REQUEST_LIMIT)
            status, text = await self.answer(method, path)
            head = f"HTTP/1.1 {status.value} {status.phrase}\r\nConnection: close\r\nContent-Length: {len(text) + 1}"
            writer.write(f"{head}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\n".encode())
            await writer.drain()

    async def answer(self, method: str, path: str) -> tuple[HTTPStatus, str]:
        """The reply's status and text."""
        if (method, path) == ("GET", "/"):
            return HTTPStatus.OK, f"{len(self.tying)} being tied, {self.tied} tied, {self.failed} failed"
        if method == "PUT" and path != "/":
            return await self.tie(path[1:])
        return HTTPStatus.NOT_FOUND, "there are GET / and PUT /NAME"

    async def tie(self, record_name: str) -> tuple[HTTPStatus, str]:
        """Ties a name, and says what came of it."""
        task = asyncio.ensure_future(self.ensure(record_name))
        self.tying.add(task)
        try:
            return HTTPStatus.OK, await task
        except asyncio.CancelledError as cancelled:
            error = cancelled.__cause__  # what the call did until then
        except EsaError as failure:
            error = failure
        finally:
            self.tying.discard(task)
        self.failed += 1
        if isinstance(error, EsaError):
            return HTTPStatus.BAD_GATEWAY, f"{error}; {error.outcome.name}; {error.advice}"
        return HTTPStatus.BAD_GATEWAY, "given up; it may be tied"

    async def ensure(self, record_name: str) -> str:
        """The call; raises what it raises."""
        record = await self.client.ensure_routine_related_record(
            name=self.routine, record_name=record_name, timeout=self.timeout
        )
        self.tied += 1
        return f"{record_name}: {record.origin.name.lower()}"

    async def end(self) -> None:
        """Gives up what is under way, and lets the answers go out."""
        for task in self.tying:
            task.cancel()
        if self.serving:
            await asyncio.wait(self.serving, timeout=1)


async def read_request(reader: asyncio.StreamReader) -> tuple[str, str]:
    """The method and the path."""
    method, path, _ = (await reader.readline()).decode("ascii").split()
    while (await reader.readline()).strip():
        pass
    return method, path


async def run(arguments: argparse.Namespace) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with AsyncClient() as client:
        service = Service(client, arguments.routine, arguments.timeout)
        server = await asyncio.start_server(service.serve, "127.0.0.1", arguments.port)
        async with server:
            print("http://{}:{}".format(*server.sockets[0].getsockname()), flush=True)
            await ended.wait()
            server.close()
            await service.end()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--routine", metavar="NAME", required=True, help="the routine")
    parser.add_argument("--timeout", metavar="SECONDS", type=float, default=30.0, help="for each name; default 30")
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; default: a free one, which is printed")
    asyncio.run(run(parser.parse_args()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
