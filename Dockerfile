# The program with its locked dependencies; compose.yaml says how it runs. It writes nothing outside its data folder
# and /tmp, holds no secret, and belongs to root: the user that runs it cannot change it.
ARG PYTHON=python:3.13-slim-trixie
ARG CADDY=caddy:2-alpine

FROM ${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /source
RUN ["python3", "-m", "venv", "/opt/hoax-tracker"]
COPY requirements/run.txt requirements/
RUN ["/opt/hoax-tracker/bin/pip", "install", "--require-hashes", "--no-deps", "--only-binary", ":all:", \
     "--no-binary", "flask-principal", "--requirement", "requirements/run.txt"]
COPY LICENSE README.md pyproject.toml setup.cfg ./
COPY hoax_tracker hoax_tracker
COPY classifiers classifiers
COPY templates templates
COPY data data
RUN ["/opt/hoax-tracker/bin/pip", "install", "--no-deps", "--no-build-isolation", "."]
RUN ["/opt/hoax-tracker/bin/pip", "uninstall", "--yes", "pip", "setuptools"]

# The proxy, so that its volume belongs to a user that is not root either.
FROM ${CADDY} AS proxy
RUN mkdir -p /data /config && chown -R 10002:10002 /data /config
ENV XDG_DATA_HOME=/data XDG_CONFIG_HOME=/config
COPY deploy/Caddyfile /etc/caddy/Caddyfile
USER 10002:10002
CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]

FROM ${PYTHON} AS app
# pg_dump and pg_restore, for `hoax-tracker backup` and `restore`; tesseract reads screenshots, the fonts draw cards.
RUN apt-get update && apt-get install --yes --no-install-recommends postgresql-client \
    tesseract-ocr tesseract-ocr-ind fonts-noto-core && rm -rf /var/lib/apt/lists/*
# A new volume takes owner and mode from this folder.
RUN groupadd --gid 10001 hoax-tracker \
    && useradd --uid 10001 --gid 10001 --home-dir /var/lib/hoax-tracker --no-create-home --shell /usr/sbin/nologin hoax-tracker \
    && install --directory --owner=10001 --group=10001 --mode=700 /var/lib/hoax-tracker
COPY --from=build /opt/hoax-tracker /opt/hoax-tracker
COPY deploy/with-secrets /usr/local/bin/with-secrets
ENV PATH=/opt/hoax-tracker/bin:/usr/local/bin:/usr/bin:/bin PYTHONUNBUFFERED=1 HOAX_TRACKER_DATA=/var/lib/hoax-tracker
WORKDIR /var/lib/hoax-tracker
VOLUME ["/var/lib/hoax-tracker"]
USER 10001:10001
EXPOSE 8000
# A stop lets requests and the worker's round end: give it 45 s (docker run --stop-timeout 45).
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python3", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["with-secrets"]
CMD ["hoax-tracker", "serve", "--host", "0.0.0.0", "--port", "8000"]
