"""The first version's stack, as most would write it: FastAPI, a SQLAlchemy session per request, one UPDATE per play.

Nothing is slow on purpose: kept connections for every thread, one lookup, one commit, the file's part in 64 KiB chunks.
It knows just the ranges that it is asked for here."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException
from fastapi.responses import StreamingResponse
from sqlalchemy import create_engine, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

MEDIA = Path(os.environ["MEDIA"])
CHUNK = 64 * 1024  # bytes

engine = create_engine(os.environ["DATABASE_URL"], pool_size=64)
new_session = sessionmaker(engine, expire_on_commit=False)
app = FastAPI()


class Base(DeclarativeBase):
    pass


class Clip(Base):
    __tablename__ = "clips"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    file: Mapped[str]
    media_type: Mapped[str]
    play_count: Mapped[int] = mapped_column(default=0)


Base.metadata.create_all(engine)


def session_of_request() -> Iterator[Session]:
    with new_session() as session:
        yield session


SessionOfRequest = Annotated[Session, Depends(session_of_request)]
RangeHeader = Annotated[str | None, Header(alias="Range")]


@app.get("/play/{clip_id}/stream")
def stream(clip_id: int, session: SessionOfRequest, asked: RangeHeader = None) -> StreamingResponse:
    clip = session.get(Clip, clip_id)
    if clip is None:
        raise HTTPException(404)
    session.execute(update(Clip).where(Clip.id == clip_id).values(play_count=Clip.play_count + 1))
    session.commit()
    file = MEDIA / clip.file
    size = file.stat().st_size
    found = re.fullmatch(r"bytes=(\d+)-(\d*)", asked or "")
    first, last = (int(found[1]), min(int(found[2] or size), size - 1)) if found else (0, size - 1)
    headers = {"Accept-Ranges": "bytes", "Content-Length": str(last - first + 1)}
    if found:
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return StreamingResponse(chunks(file, first, last), 206 if found else 200, headers, clip.media_type)


def chunks(file: Path, first: int, last: int) -> Iterator[bytes]:
    with file.open("rb") as opened:
        opened.seek(first)
        left = last - first + 1
        while chunk := opened.read(min(CHUNK, left)):
            left -= len(chunk)
            yield chunk
