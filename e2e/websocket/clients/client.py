"""What `websockets` says of a WebSocket: a line of JSON when it has ended."""

import asyncio
import json
import sys

import websockets


async def main():
    said = {"messages": 0, "error": "", "close": ""}
    try:
        async with websockets.connect(sys.argv[1], ping_interval=1, ping_timeout=1, close_timeout=2) as socket:
            await socket.send("hello")
            try:
                async with asyncio.timeout(8):
                    while True:
                        await socket.recv()
                        said["messages"] += 1
            except websockets.ConnectionClosed as error:
                said["error"] = type(error).__name__
                said["close"] = f"{socket.close_code} {socket.close_reason}".strip()
    except Exception as error:
        said["error"] = f"{type(error).__name__}: {error}"
    print(json.dumps(said))


asyncio.run(main())
