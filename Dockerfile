# One image for every service of docker-compose.yaml. The versions are those of requirements.lock, as in `make setup`.
FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    AIRFLOW_HOME=/opt/fashfed/.fashfed/airflow \
    FASHFED_HOME=/opt/fashfed/.fashfed \
    PYTHONPATH=/opt/fashfed

WORKDIR /opt/fashfed

COPY requirements.lock .
RUN pip install --no-cache-dir "$(grep -o '^uv==[^ ]*' requirements.lock)" \
    && uv pip install --system --no-cache --compile-bytecode --requirements requirements.lock

COPY include include
COPY plugins plugins
COPY dags dags
COPY airflow_settings.yaml .

# The volume of the state folder takes over this owner when it is made.
RUN useradd --uid 50000 --no-create-home fashfed && mkdir -p "$AIRFLOW_HOME" && chown -R fashfed "$FASHFED_HOME"
USER fashfed
