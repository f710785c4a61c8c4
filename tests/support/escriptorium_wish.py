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
        """Presses "Train" on the page of the document, for this very model; returns the id of the task."""
        asked = {"parts": self.document["parts"], "model": self.model, "override": True}
        if self.task == "train":
            asked["transcription"] = self.document["transcription"]
        answer = self.there.do(
            "post", user=self.user, path=f"documents/{self.document['document']}/{self.task}", **asked
        )
        assert answer == {"code": 200, "status": "ok"}
        return str(self.there.do("newest_task", model=self.model))

    def cancel(self, form: str = "model") -> None:
        """Presses a Cancel button: that of the model, of the document, or of all tasks of the document."""
        path = {
            "model": f"models/{self.model}/cancel_training",
            "document": f"documents/{self.document['document']}/cancel_training",
            "tasks": f"documents/{self.document['document']}/cancel_tasks",
        }[form]
        answer = self.there.do("post", user=self.user, path=path)
        assert (answer["code"], answer["status"]) == (200, "canceled")

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
