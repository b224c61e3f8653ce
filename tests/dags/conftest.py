"""The tests here import Airflow, which wants a home the moment it is imported: one that goes away with the tests."""

import os
import tempfile

_HOME = tempfile.TemporaryDirectory(prefix="airflow-", ignore_cleanup_errors=True)
os.environ["AIRFLOW_HOME"] = _HOME.name
