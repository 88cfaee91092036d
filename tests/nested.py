"""A pytest within a test does not load what others installed for tests of another kind."""

from __future__ import annotations

# Half of the time in which pytest starts is theirs
ENVIRONMENT = {"PYTEST_ADDOPTS": "-p no:faker -p no:hypothesispytest"}
