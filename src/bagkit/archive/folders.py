"""Where in an archive each expected workspace lies."""

from bagkit.archive.plan import BagPlan, ExpectedWorkspace
from bagkit.errors import PlanError
from bagkit.trees.names import map_names


def map_folders(plan: BagPlan) -> dict[ExpectedWorkspace, str]:
    """Return the folder of each workspace, below ``data/``.

    Raises:
        PlanError: If a student is twice in one assignment.
    """
    assignments = map_names({w.assignment.encode(): None for w in plan.workspaces})
    names = map_names({w.username.encode(): None for w in plan.workspaces})
    folders = {
        w: "/".join(
            (
                "workspaces",
                assignments[w.assignment.encode()],
                names[w.username.encode()],
            )
        )
        for w in plan.workspaces
    }
    if len(set(folders.values())) != len(plan.workspaces):
        message = "Found a student twice in one assignment, expected each once"
        raise PlanError(message)
    return folders
