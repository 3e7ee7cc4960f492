"""What of a new status is worth an immediate write: its figures grow with every look while something is tried.

`reconcile` asks. Each write is an event by which the ChurnModel is looked at again.
"""

from churn_operator.api.status import ChurnModelStatus


def is_news(old: ChurnModelStatus, new: ChurnModelStatus) -> bool:
    """Whether more than figures and their sentences has changed."""
    if new.rollout is None or old.rollout is None:
        return True
    return _without_figures(old) != _without_figures(new)


def _without_figures(status: ChurnModelStatus) -> ChurnModelStatus:
    figures = {"pairs": None, "message": None, "pods": None}
    rollout = status.rollout.model_copy(update=figures) if status.rollout else None
    conditions = [one.model_copy(update={"message": ""}) for one in status.conditions]
    return status.model_copy(update={"rollout": rollout, "conditions": conditions})
