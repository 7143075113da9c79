# Stand-ins for the two foreign images, for machines that can pull none: same commands, paths and users as the originals,
# as far as compose.yaml uses them. tests/compose/run builds them and gives them the originals' tags.

# nats: from a nats-server binary beside this file (the context), so that the version is the wanted one.
FROM debian:trixie-slim AS nats
RUN apt-get update && apt-get install -y --no-install-recommends wget && rm -rf /var/lib/apt/lists/*
COPY nats-server /usr/local/bin/nats-server
EXPOSE 4222 8222
ENTRYPOINT ["nats-server"]

# prometheus: Debian 13's package.
FROM debian:trixie-slim AS prometheus
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends prometheus wget \
 && rm -rf /var/lib/apt/lists/* && ln -s /usr/bin/prometheus /bin/prometheus 2>/dev/null; \
    install -d -o nobody -g nogroup /prometheus && test -x /bin/prometheus
USER nobody
VOLUME /prometheus
WORKDIR /prometheus
EXPOSE 9090
ENTRYPOINT ["/bin/prometheus"]
