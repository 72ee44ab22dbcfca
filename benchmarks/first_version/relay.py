"""An async version of the stream, for clips on the web: one httpx client, an async session per request."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import httpx
from clips import Clip, new_async_session
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.responses import StreamingResponse
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.background import BackgroundTask

PASSED_ON = ("content-length", "content-type")

router = APIRouter()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with httpx.AsyncClient() as client:
        app.state.client = client
        yield


async def session_of_request() -> AsyncIterator[AsyncSession]:
    async with new_async_session() as session:
        yield session


@router.get("/play/{clip_id}/relay")
async def relay(
    clip_id: int, request: Request, session: Annotated[AsyncSession, Depends(session_of_request)]
) -> StreamingResponse:
    clip = await session.get(Clip, clip_id)
    if clip is None:
        raise HTTPException(404)
    await session.execute(update(Clip).where(Clip.id == clip_id).values(play_count=Clip.play_count + 1))
    await session.commit()
    client: httpx.AsyncClient = request.app.state.client
    answer = await client.send(client.build_request("GET", clip.audio_url), stream=True)
    headers = {name: answer.headers[name] for name in PASSED_ON if name in answer.headers}
    closing = BackgroundTask(answer.aclose)
    return StreamingResponse(answer.aiter_raw(), answer.status_code, headers, background=closing)
