FROM node:24-trixie-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/build.ts scripts/
COPY src src
RUN node scripts/build.ts

FROM node:24-trixie-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# Without the optional embedded server: in a container, DATABASE_URL names the database.
RUN npm ci --ignore-scripts --omit=dev --omit=optional --no-audit --no-fund

FROM node:24-trixie-slim
LABEL org.opencontainers.image.title="openai-usage-etl" \
      org.opencontainers.image.description="OpenAI organization usage and costs in PostgreSQL" \
      org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json ./
COPY migrations migrations
COPY --from=build /build/dist dist
RUN ln -s /app/dist/cli/main.js /usr/local/bin/usage-etl
# Files belong to root and the process does not run as root: it cannot change its own program, and needs no writable file.
USER node
ENTRYPOINT ["usage-etl"]
CMD ["sync"]
