"""Style, script and picture files, served under names that carry their hash, so they never go stale."""

import hashlib
import mimetypes
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

STATIC = Path(__file__).parent / "static"
A_YEAR_S = 365 * 86400


class Assets:
    """All files below `static/`, read once."""

    def __init__(self, folder: Path = STATIC) -> None:
        self._urls: dict[str, str] = {}
        self._files: dict[str, tuple[bytes, str]] = {}
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                name, content = path.relative_to(folder).as_posix(), path.read_bytes()
                hashed = f"{path.stem}.{hashlib.sha256(content).hexdigest()[:12]}{path.suffix}"
                self._urls[name] = f"/static/{hashed}"
                self._files[hashed] = content, mimetypes.guess_type(path.name)[0] or "application/octet-stream"

    def url(self, name: str) -> str:
        """The address of a file by its path below `static/`; raises `KeyError` for an unknown one."""
        return self._urls[name]

    async def serve(self, request: Request) -> Response:
        """One file, to be kept by the browser for good."""
        found = self._files.get(request.path_params["name"])
        if found is None:
            return PlainTextResponse("There is no such file.", 404)
        content, media_type = found
        return Response(
            content, media_type=media_type, headers={"cache-control": f"public, max-age={A_YEAR_S}, immutable"}
        )
