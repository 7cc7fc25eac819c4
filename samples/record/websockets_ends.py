"""Both ends of one connection with the PyPI package websockets: python websockets_ends.py killed|fragments PORT

Prints what each end's API reported; samples/README.md repeats it.
"""

import asyncio
import sys

from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed


def report(scene, who, socket):
    print(f"{scene}: {who} reports {socket.close_code} {socket.close_reason!r}", flush=True)


async def fragments(port):
    """Both ends send messages in fragments; the server pings between its own and closes when it is done."""

    async def talk(socket):
        assert await socket.recv() == "Grüße aus Wien"

        async def parts():
            yield b"first,"
            await (await socket.ping(b"between fragments"))
            yield b" second,"
            yield b" third"

        await socket.send(parts())
        await socket.close(1001, "server going away")
        report("fragments", "server", socket)

    async with serve(talk, "127.0.0.1", port, compression=None):
        async with connect(f"ws://127.0.0.1:{port}/", compression=None) as socket:
            await socket.send(["Grü", "ße ", "aus ", "Wien"])
            await socket.recv()
            await socket.wait_closed()
            report("fragments", "client", socket)


async def serve_until_killed(port):
    """The server of the scene below: one tick, then silence."""

    async def talk(socket):
        await socket.send(f"tick for {await socket.recv()}")
        await asyncio.Future()

    async with serve(talk, "127.0.0.1", port):
        print("listening", flush=True)
        await asyncio.Future()


async def killed(port):
    """The server's process is killed (SIGKILL) between two messages."""
    server = await asyncio.create_subprocess_exec(
        sys.executable, __file__, "serve", str(port), stdout=asyncio.subprocess.PIPE
    )
    await server.stdout.readline()
    async with connect(f"ws://127.0.0.1:{port}/") as socket:
        await socket.send("WSLG")
        await socket.recv()
        await asyncio.sleep(0.5)
        server.kill()
        await server.wait()
        try:
            await socket.recv()
        except ConnectionClosed:
            report("killed", "client", socket)


if __name__ == "__main__":
    scene, port = sys.argv[1:]
    asyncio.run({"fragments": fragments, "killed": killed, "serve": serve_until_killed}[scene](int(port)))
