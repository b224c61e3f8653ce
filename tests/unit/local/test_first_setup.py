"""The flows that set a new sandbox's channel up are started in order, once."""

from dataclasses import dataclass, field
from typing import cast

import pytest

from include.local import first_setup as module
from include.local.airflow_api import AirflowApi
from include.local.first_setup import first_setup


@dataclass
class _Airflow:
    """Notes what is started; ``states`` is how the runs do."""

    answers: bool = True
    started: list[str] = field(default_factory=list)
    states: dict[str, str] = field(default_factory=dict)

    def trigger(self, dag: str) -> str | None:
        if not self.answers:
            return None
        self.started.append(dag)
        return f"manual__{dag}"

    def state(self, dag: str, run: str) -> str | None:
        assert run == f"manual__{dag}"
        return self.states.get(dag) if self.answers else None


@pytest.fixture
def ready(monkeypatch: pytest.MonkeyPatch) -> list[bool | None]:
    """Whether default_attributes has succeeded, as the connector database says it."""
    answer: list[bool | None] = [False]
    monkeypatch.setattr(module, "was_done", lambda _uri: answer[0])
    return answer


def test_each_flow_is_started_when_the_one_before_has_succeeded(ready: list[bool | None]) -> None:
    airflow = _Airflow()
    told = first_setup(cast(AirflowApi, airflow), "", 2)
    assert "channel_setup started" in next(told)
    assert next(told) == ""
    assert airflow.started == ["channel_setup"]
    airflow.states["channel_setup"] = "success"
    assert "category_node started" in next(told)
    ready[0] = None
    assert next(told) == ""
    assert airflow.started == ["channel_setup", "category_node"]
    ready[0] = True
    assert "default_attributes succeeded" in next(told)
    assert [next(told), next(told)] == ["", ""]  # the brand sorts and maps
    assert airflow.started == ["channel_setup", "category_node"]
    assert list(told) == ["product started, the catalogue appears at Fashfed"]
    assert airflow.started == ["channel_setup", "category_node", "product"]


def test_a_channel_setup_that_fails_is_told_and_nothing_follows(ready: list[bool | None]) -> None:
    airflow = _Airflow(states={"channel_setup": "failed"})
    assert "trigger it again" in list(first_setup(cast(AirflowApi, airflow), "", 2))[-1]
    assert airflow.started == ["channel_setup"]


def test_an_airflow_that_does_not_answer_is_asked_again(ready: list[bool | None]) -> None:
    airflow = _Airflow(answers=False)
    told = first_setup(cast(AirflowApi, airflow), "", 2)
    assert [next(told), next(told)] == ["", ""]
    airflow.answers = True
    assert "channel_setup started" in next(told)
