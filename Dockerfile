# Build: SQLite is compiled in, and the migrations and templates are part of the program.
FROM rust:1.95-bookworm AS builder
WORKDIR /build
COPY . .
RUN cargo build --release --locked

FROM debian:bookworm-slim
# WeCom's certificate is checked against the system's CA certificates.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/*
# A volume that is mounted here for the first time takes over this folder's owner.
RUN useradd --system --no-create-home harborbell \
    && mkdir /data \
    && chown harborbell:harborbell /data
COPY --from=builder /build/target/release/harborbell /usr/local/bin/harborbell

USER harborbell
WORKDIR /data
VOLUME /data
# Beyond loopback harborbell insists on HARBOR_AUTH_HEADER and ADMIN_TOKEN.
ENV DATABASE_URL=sqlite:///data/harborbell.db \
    LISTEN_ADDR=0.0.0.0:8080
EXPOSE 8080
# A message in flight is finished first; that takes at most 14 s.
STOPSIGNAL SIGTERM
# No HEALTHCHECK: nothing in this image speaks HTTP. Let your platform ask GET /healthz and GET /readyz.
ENTRYPOINT ["harborbell"]
CMD ["serve"]
