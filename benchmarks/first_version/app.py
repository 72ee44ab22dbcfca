"""The first version's stack, as most would write it: FastAPI, a SQLAlchemy session per request, one UPDATE per play.

Nothing is slow on purpose, and nothing is clever: a connection for every thread, one lookup, one commit, the file's
part in 64 KiB chunks. It knows just the ranges that it is asked for here, and opens no audio that it is told of."""

import mimetypes
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

from clips import Base, Clip, ClipOut, NewClip, engine, new_session
from fastapi import Depends, FastAPI, Header, HTTPException
from fastapi.responses import StreamingResponse
from relay import lifespan, router
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from starlette_exporter import PrometheusMiddleware, handle_metrics

MEDIA = Path(os.environ["MEDIA"])
CHUNK = 64 * 1024  # bytes

Base.metadata.create_all(engine)
app = FastAPI(lifespan=lifespan)
app.add_middleware(PrometheusMiddleware)
app.add_route("/metrics", handle_metrics)
app.include_router(router)


def session_of_request() -> Iterator[Session]:
    with new_session() as session:
        yield session


SessionOfRequest = Annotated[Session, Depends(session_of_request)]
RangeHeader = Annotated[str | None, Header(alias="Range")]


@app.get("/play", response_model=list[ClipOut])
def page(session: SessionOfRequest) -> Sequence[Clip]:
    return session.scalars(select(Clip).order_by(Clip.id.desc()).limit(50)).all()


@app.post("/play", response_model=ClipOut, status_code=201)
def add(clip: NewClip, session: SessionOfRequest) -> Clip:
    added = Clip(**clip.model_dump())
    session.add(added)
    session.commit()
    return added


@app.get("/play/{clip_id}/stats", response_model=ClipOut)
def stats(clip_id: int, session: SessionOfRequest) -> Clip:
    return found(session.get(Clip, clip_id))


@app.get("/play/{clip_id}/stream")
def stream(clip_id: int, session: SessionOfRequest, asked: RangeHeader = None) -> StreamingResponse:
    clip = found(session.get(Clip, clip_id))
    session.execute(update(Clip).where(Clip.id == clip_id).values(play_count=Clip.play_count + 1))
    session.commit()
    file = MEDIA / clip.audio_url
    size = file.stat().st_size
    part = re.fullmatch(r"bytes=(\d+)-(\d*)", asked or "")
    first, last = (int(part[1]), min(int(part[2] or size), size - 1)) if part else (0, size - 1)
    headers = {"Accept-Ranges": "bytes", "Content-Length": str(last - first + 1)}
    if part:
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    media_type = mimetypes.guess_type(clip.audio_url)[0]
    return StreamingResponse(chunks(file, first, last), 206 if part else 200, headers, media_type)


def found(clip: Clip | None) -> Clip:
    if clip is None:
        raise HTTPException(404)
    return clip


def chunks(file: Path, first: int, last: int) -> Iterator[bytes]:
    with file.open("rb") as opened:
        opened.seek(first)
        left = last - first + 1
        while chunk := opened.read(min(CHUNK, left)):
            left -= len(chunk)
            yield chunk
