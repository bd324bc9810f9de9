# One image for every process of ours. Its command line is that of ./run, under the name `faultline`.
FROM python:3.12-slim AS packages
# Whatever it says: OpenTelemetry too, for OTEL_EXPORTER_OTLP_ENDPOINT.
ARG SPANS=
# Whatever it says: MLflow's client too, for MLFLOW_TRACKING_URI.
ARG MLFLOW=
COPY requirements.txt requirements-spans.txt requirements-mlflow.txt ./
# Wheels only: no compiler is needed, and none gets in. The packages' own tests stay out too.
RUN python -m venv --without-pip /opt/venv \
 && python -m pip --python /opt/venv/bin/python install \
    --no-cache-dir --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.txt ${SPANS:+-r requirements-spans.txt} ${MLFLOW:+-r requirements-mlflow.txt} \
 && find /opt/venv -type d -name tests -prune -exec rm -rf {} +

FROM python:3.12-slim
LABEL org.opencontainers.image.title="Faultline" \
      org.opencontainers.image.description="Finds faults in streams of machine-sensor readings" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"
# A new volume takes its owner from the folder that it is mounted on: these are the ones of docker-compose.yml.
RUN groupadd --gid 10001 faultline \
 && useradd --uid 10001 --gid faultline --no-create-home --home-dir /tmp --shell /usr/sbin/nologin faultline \
 && cd / && install -d -o faultline -g faultline data secrets/vault secrets/postgres secrets/object-store \
    secrets/init secrets/consumer secrets/alerts secrets/page secrets/api secrets/prometheus secrets/grafana secrets/trainer models
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY . .
RUN printf '#!/bin/sh\nexec python -m app "$@"\n' > /usr/local/bin/faultline \
 && chmod 755 /usr/local/bin/faultline \
 && /opt/venv/bin/python -m compileall -q .
# The root file system may be read-only: what is needed for a while goes to /tmp, what stays goes to /data.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    XDG_CACHE_HOME=/tmp/cache \
    MPLCONFIGDIR=/tmp/matplotlib \
    DATA_DIRECTORY=/data \
    METRICS_HOST=0.0.0.0 \
    METRICS_PORT=9100
USER 10001:10001
# Its main loop came round a moment ago. A service that others wait for asks `ready` instead.
HEALTHCHECK --interval=5s --timeout=5s --start-period=180s --retries=3 CMD ["bash", "/app/deploy/healthy.sh", "live"]
ENTRYPOINT ["faultline"]
