"""The testee protocol in Python: asyncio, one thread.

    iospec identify --protocol line -- python3 server.py {port}
"""

import asyncio
import os
import sys
import threading
import time


def answer(verb, arg):
    match verb:
        case "echo":
            return arg
        case "whoami":
            return f"{os.getpid()} {threading.get_native_id()}"
        case "sleep":
            time.sleep(int(arg) / 1000)
            return f"slept {arg}"
        case "spin":
            until = time.thread_time() + int(arg) / 1000
            while time.thread_time() < until:
                pass
            return f"spun {arg}"
        case "blob":
            return "b" * (int(arg) - 1)
    return "error: unknown request"


async def serve(reader, writer):
    try:
        while line := await reader.readline():
            verb, _, arg = line.decode().rstrip("\r\n").partition(" ")
            if verb == "quit" or not line.endswith(b"\n"):
                break
            writer.write(answer(verb, arg).encode() + b"\n")
            await writer.drain()
        writer.close()
        await writer.wait_closed()
    except (ConnectionError, asyncio.LimitOverrunError):
        writer.close()


async def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 7000
    server = await asyncio.start_server(serve, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


asyncio.run(main())
