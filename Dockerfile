# The service without a compiler, a database or a shell script of its own: a wheel in a virtual environment.
# Plain instructions only, since Cloud Build's default builder knows no BuildKit mounts.

FROM python:3.13-slim AS build
WORKDIR /src
COPY . .
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels . \
    && python -m venv /opt/soundverse-play \
    && /opt/soundverse-play/bin/pip install --no-cache-dir --constraint constraints.txt /wheels/*.whl

FROM python:3.13-slim
LABEL org.opencontainers.image.title="Soundverse Play" \
      org.opencontainers.image.description="A catalogue of sound clips, streamed, and every play counted exactly"
# A fixed number, so that whoever mounts a volume can give it to this user beforehand. The media may be a volume of their own.
RUN groupadd --gid 10001 play \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/soundverse-play --shell /usr/sbin/nologin play \
    && install --directory --owner=10001 --group=10001 --mode=0750 /var/lib/soundverse-play /var/lib/soundverse-play/media
COPY --from=build /opt/soundverse-play /opt/soundverse-play
# Bytecode was compiled by pip; nothing outside PLAY_DATA is ever written, so the root may be read-only.
ENV PATH=/opt/soundverse-play/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PLAY_HOST=0.0.0.0 \
    PLAY_DATA=/var/lib/soundverse-play
VOLUME /var/lib/soundverse-play
USER 10001:10001
EXPOSE 8000
# Liveness, not readiness: some orchestrators restart what is unhealthy, and a restart mends no database that is away.
# No proxy: Docker hands its client's proxy settings to containers, and 127.0.0.1 is not to be had through one.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["python", "-I", "-c", "import os, urllib.request as u; u.build_opener(u.ProxyHandler({})).open(f'http://127.0.0.1:{os.environ.get(\"PORT\") or 8000}/livez', timeout=4)"]
ENTRYPOINT ["soundverse-play"]
CMD ["serve"]
