"""The plane process: prints how to reach it, follows AWS, and ends when its standard input does."""

import asyncio
import json
import signal
import sys

from rehearsal.aws import EmbeddedAws
from rehearsal.traffic.plane.data_plane import DataPlane

_WAIT = 0.25
"""Real seconds after which the plane looks at the time, if there is no news: flows end by it too."""


async def run(port: str, region: str, speed: str, hosts: str) -> None:
    """Serve until the parent process closes the pipe to this one, or dies."""
    plane = DataPlane(speed=float(speed), region=region, hosts=json.loads(hosts))
    try:
        await plane.open()
        following = asyncio.create_task(_follow(plane, EmbeddedAws.attach(int(port), region)))
        ending = asyncio.create_task(_end_of_input())
        done, _ = await asyncio.wait((following, ending), return_when=asyncio.FIRST_COMPLETED)
        if following in done:
            following.result()  # it ends by an error only
    finally:
        await plane.close()


async def _follow(plane: DataPlane, aws: EmbeddedAws) -> None:
    state = aws.follow()
    await plane.follow(state.snapshot, state.at)
    sys.stdout.write(f"{plane.access.model_dump_json()}\n")
    sys.stdout.flush()
    while True:
        state = await asyncio.to_thread(aws.follow, state.version, _WAIT)
        await plane.follow(state.snapshot, state.at)


async def _end_of_input() -> None:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    asyncio.run(run(*sys.argv[1:]))
