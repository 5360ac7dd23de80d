# syntax=docker/dockerfile:1
# The operator: one static program on an empty image.
#
#   docker build -t windlass-operator .

FROM rust:1.95-alpine3.22 AS build
# `ring` and the allocator have parts in C.
RUN apk add --no-cache gcc musl-dev
WORKDIR /src
COPY . .
# Alpine's Rust links statically, so that nothing else is needed to run.
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo build --locked --release --package windlass-operator \
    && cp target/release/windlass-operator /windlass-operator

FROM scratch
COPY --from=build /windlass-operator /windlass-operator
# Nobody's, as the chart runs it.
USER 65532:65532
# Metrics and health; the webhook.
EXPOSE 8080 9443
# windlass: ignore[DF004] an empty image has nothing to ask with, and Kubernetes asks `/livez` and `/readyz` itself
HEALTHCHECK NONE
ENTRYPOINT ["/windlass-operator"]
CMD ["run"]
