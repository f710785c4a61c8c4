"""A training that somebody asked the stand-in for."""

from typing import Any

from armarius.client.escriptorium.record import Asked
from support.escriptorium_server import Standin


class Wish:
    """A training that a user asked for on the page of a document."""

    def __init__(self, there: Standin, task: str = "train", pages: int = 2, **model: Any) -> None:
        self.there = there
        self.name = f"guigo{len(there.heard())}-{task}"
        self.user = there.do("user", name=self.name)
        self.document = there.document(self.user, pages)
        self.model = there.do("model", owner=self.user, document=self.document["document"], **model)
        self.task = task
        self.task_id = self.press()

    def press(self) -> str:
        asked = {"model_pk": self.model, "part_pks": self.document["parts"], "user_pk": self.user}
        if self.task == "train":
            asked["transcription_pk"] = self.document["transcription"]
        else:
            asked["document_pk"] = self.document["document"]
        return str(self.there.do("press", task=self.task, **asked))

    @property
    def training(self) -> str:
        return Asked(self.task, self.task_id, {}).id

    def shown(self) -> dict[str, Any]:
        model: dict[str, Any] = self.there.do("show_model", model=self.model)
        return model

    def states(self) -> set[int]:
        return {report["workflow_state"] for report in self.there.do("show_reports", task_id=self.task_id)}

    def until_it_trains(self) -> None:
        self.there.until(lambda: self.there.starts(), "an engine")
