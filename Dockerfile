# A static program in an image of nothing else. The build fetches an image and crates, so behind mirrors of your own:
#   docker build --build-arg RUST_IMAGE=mirror.example.com/rust:1.95-slim-bookworm \
#       --build-arg CARGO_MIRROR=sparse+https://mirror.example.com/crates/ .
ARG RUST_IMAGE=rust:1.95-slim-bookworm
ARG BASE_IMAGE=scratch

FROM ${RUST_IMAGE} AS builder
WORKDIR /build
ARG CARGO_MIRROR
RUN if [ -n "$CARGO_MIRROR" ]; then \
        printf '[source.crates-io]\nreplace-with = "mirror"\n[source.mirror]\nregistry = "%s"\n' "$CARGO_MIRROR" \
            > "$CARGO_HOME/config.toml"; \
    fi
# Static also with glibc, whose resolver and allocator are in the program then. Cargo leaves build scripts and macros
# dynamic, as they must be, only if a target is named: the builder's own, so each platform builds natively.
ENV RUSTFLAGS="-C target-feature=+crt-static"
# The dependencies are a layer of their own, which stays until Cargo.toml or Cargo.lock change.
COPY Cargo.toml Cargo.lock ./
COPY .cargo .cargo
RUN mkdir src && touch src/lib.rs && echo 'fn main() {}' > src/main.rs \
    && cargo build --release --locked --target "$(rustc --print host-tuple)"
COPY . .
ARG HARBORBELL_COMMIT
ARG HARBORBELL_COMMIT_DATE
# The files may be older than that layer, and cargo goes by their age.
RUN touch src/lib.rs src/main.rs \
    && cargo build --release --locked --target "$(rustc --print host-tuple)"
RUN install -D "target/$(rustc --print host-tuple)/release/harborbell" /image/usr/local/bin/harborbell \
    && install -D -m 644 /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ca-certificates.crt \
    && install -d -m 1777 /image/tmp \
    && install -d -m 775 /volume/data

FROM ${BASE_IMAGE}
COPY --from=builder /image/ /
# For uid 65532, and for the group 0, to which any other uid of `docker run --user` or OpenShift belongs. A volume that
# is mounted here for the first time takes this over.
COPY --from=builder --chown=65532:0 /volume/ /

# As a number, so that Kubernetes sees that it is not root.
USER 65532:0
WORKDIR /data
VOLUME /data
# Beyond loopback harborbell insists on HARBOR_AUTH_HEADER and ADMIN_TOKEN. While SQLite writes its file anew it needs room
# for a copy; /tmp may be memory.
ENV PATH=/usr/local/bin \
    SQLITE_TMPDIR=/data \
    DATABASE_URL=sqlite:///data/harborbell.db \
    LISTEN_ADDR=0.0.0.0:8080
EXPOSE 8080
# A message in flight is finished first; that takes at most 14 s.
STOPSIGNAL SIGTERM
# Asks /readyz. Kubernetes does not read this: see contrib/kubernetes.
HEALTHCHECK --interval=10s --timeout=12s --start-period=10s CMD ["harborbell", "health"]
ENTRYPOINT ["harborbell"]
CMD ["serve"]
