"""The process behind the laptop stack: MiniStack on one port, its HTTP API on another."""

import asyncio
from typing import cast

from hypercorn.asyncio import serve
from hypercorn.config import Config
from hypercorn.typing import Framework
from ministack.app import app as emulator

from local.asgi import Message, Receive, Send
from local.http_api import HttpApi
from local.layout import API_PORT, AWS_PORT, HOST

http_api = HttpApi(emulator)


async def app(scope: Message, receive: Receive, send: Send) -> None:
    """Send a request to what listens on its port; everything else is the emulator's."""
    to_api = scope["type"] == "http" and scope["server"][1] == API_PORT
    await (http_api if to_api else emulator)(scope, receive, send)


def main() -> None:
    """Serve both ports until told to stop; MiniStack then writes its state."""
    config = Config()
    config.bind = [f"{HOST}:{AWS_PORT}", f"{HOST}:{API_PORT}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 5
    config.loglevel = "WARNING"
    asyncio.run(serve(cast(Framework, app), config))


if __name__ == "__main__":
    main()
