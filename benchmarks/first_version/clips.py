"""The first version's table, and what it tells of a clip."""

import os

from pydantic import BaseModel, ConfigDict
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

DATABASE = os.environ["DATABASE_URL"]
CONNECTIONS = 64  # as many as listeners at once: nobody waits for one

engine = create_engine(DATABASE.replace("postgresql:", "postgresql+psycopg2:"), pool_size=CONNECTIONS)
new_session = sessionmaker(engine, expire_on_commit=False)
async_engine = create_async_engine(DATABASE.replace("postgresql:", "postgresql+asyncpg:"), pool_size=CONNECTIONS)
new_async_session = async_sessionmaker(async_engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class Clip(Base):
    __tablename__ = "clips"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    description: Mapped[str | None]
    genre: Mapped[str]
    duration: Mapped[float]
    audio_url: Mapped[str]
    play_count: Mapped[int] = mapped_column(default=0)


class NewClip(BaseModel):
    title: str
    description: str | None = None
    genre: str
    duration: float
    audio_url: str


class ClipOut(NewClip):
    model_config = ConfigDict(from_attributes=True)

    id: int
    play_count: int
