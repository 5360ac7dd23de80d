#!/usr/bin/env bash
# First start and tests: brings the default stack up and runs both suites inside the application's container.
set -euo pipefail
cd "$(dirname "$0")/.."

docker compose up -d

echo "Feature tests"
docker compose exec -T app ./vendor/bin/phpunit --testsuite Feature

echo "All tests"
docker compose exec -T app composer test
