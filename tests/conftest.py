"""Fixtures that every tier of tests may use."""

pytest_plugins = ["tests.postgres_fixture"]
