"""The gateway of the small Discord on loopback: identify, resume with what was missed, heartbeats, close codes."""

import json
from typing import Any

from aiohttp import WSMsgType, web

from tests.adapters.discord.made_up import APPLICATION_ID, BOT_ID, GUILD_ID, Json, a_user


class FakeGateway:
    """Plain text frames over real websockets; what was sent in a session is kept for a RESUME."""

    def __init__(self) -> None:
        self.url = ""
        self.has_guild = True
        self.has_outage = False
        """The bot's server can't be reached, though the bot is in it."""
        self.refuse_gateway_with: int | None = None
        self.refuses_handshakes = False
        self.identified = 0
        self.resumed = 0
        self._sockets: list[web.WebSocketResponse] = []
        self._sent: list[Json] = []
        self._seq = 0

    def guild(self) -> Json:
        """The server as a GUILD_CREATE tells it."""
        raise NotImplementedError

    async def emit(self, event: str, data: Any) -> None:
        """Send a gateway event to whoever is connected; it is kept for a RESUME."""
        self._seq += 1
        frame = {"op": 0, "t": event, "s": self._seq, "d": data}
        self._sent.append(frame)
        for socket in self._sockets:
            if not socket.closed:
                await socket.send_str(json.dumps(frame))

    async def send_rubbish(self) -> None:
        """Send a frame that is no JSON, with words in it."""
        for socket in self._sockets:
            await socket.send_str('{"content": "synthetic words')

    async def cut(self, code: int = 1006) -> None:
        """End every gateway connection."""
        sockets, self._sockets = self._sockets, []
        for socket in sockets:
            await socket.close(code=code)

    async def connected(self, request: web.Request) -> web.StreamResponse:
        """Serve one websocket until it ends."""
        if self.refuses_handshakes:
            return web.Response(status=503)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str(json.dumps({"op": 10, "d": {"heartbeat_interval": 45_000}, "s": None, "t": None}))
        async for frame in socket:
            if frame.type is not WSMsgType.TEXT:
                break
            asked = json.loads(frame.data)
            if asked["op"] == 1:
                await socket.send_str(json.dumps({"op": 11}))
            elif asked["op"] == 2:
                await self._identify(socket)
            elif asked["op"] == 6:
                await self._resume(socket, asked["d"]["seq"])
        return socket

    async def _identify(self, socket: web.WebSocketResponse) -> None:
        if self.refuse_gateway_with:
            await socket.close(code=self.refuse_gateway_with)
            return
        self.identified += 1
        self._sent.clear()
        self._sockets.append(socket)
        guilds = [{"id": str(GUILD_ID), "unavailable": True}] if self.has_guild else []
        ready = {
            "v": 10,
            "user": a_user(BOT_ID, "lightkeeper", bot=True),
            "guilds": guilds,
            "session_id": f"session-{self.identified}",
            "resume_gateway_url": f"{self.url.replace('http', 'ws')}/gateway",
            "shard": [0, 1],
            "application": {"id": str(APPLICATION_ID), "flags": 0},
        }
        await self.emit("READY", ready)
        if self.has_guild and not self.has_outage:
            await self.emit("GUILD_CREATE", self.guild())

    async def _resume(self, socket: web.WebSocketResponse, seq: int) -> None:
        self.resumed += 1
        self._sockets.append(socket)
        for frame in [each for each in self._sent if each["s"] > seq]:
            await socket.send_str(json.dumps(frame))
        await self.emit("RESUMED", {})
