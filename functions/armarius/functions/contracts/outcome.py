"""How a run ends, and why."""

from enum import Enum


class Outcome(str, Enum):
    """The four ways in which a run ends."""

    FINISHED = "finished"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Reason(str, Enum):
    """Why a run was paused or failed: a closed list, so that a client can act on it."""

    WALLTIME = "walltime"
    """The allocation is about to end. Resume."""
    CALIBRATED = "calibrated"
    """The rest does not fit into this allocation. Plan it and resume."""
    ASKED = "asked"
    """Somebody asked for a pause. Resume."""
    PREEMPTED = "preempted"
    """The scheduler gave the machine to another job. Resume."""
    STOPPED = "stopped"
    """The job was told to end, and nobody said why. Resume."""
    JOB_CANCELLED = "job_cancelled"
    """The scheduler's job was cancelled (scancel), by an operator or with its endpoint. Resume, but not for ever."""
    OUT_OF_MEMORY = "out_of_memory"
    """Take a larger shape or a smaller batch."""
    OUT_OF_GPU_MEMORY = "out_of_gpu_memory"
    """Take a larger GPU or a smaller batch."""
    DISK_FULL = "disk_full"
    """The site's scratch has no room."""
    READ_ONLY = "read_only"
    """The site's scratch cannot be written."""
    BAD_DATA = "bad_data"
    """The pages cannot be trained on; the message names them."""
    BAD_MODEL = "bad_model"
    """The base model is corrupt or of another kind."""
    BAD_CHECKPOINT = "bad_checkpoint"
    """No checkpoint of this job could be read."""
    MISSING_DATA = "missing_data"
    """A manifest, image, model or checkpoint was not staged."""
    BAD_PARAMETERS = "bad_parameters"
    """kraken refuses the parameters, such as a network that is no VGSL."""
    NO_IMPROVEMENT = "no_improvement"
    """The training ended without one useful model."""
    ENGINE_MISSING = "engine_missing"
    """The site's kraken environment is absent or broken."""
    ENGINE_DIED = "engine_died"
    """The engine ended without saying why; the message holds its last words."""
    NODE_LOST = "node_lost"
    """The machine that computed it is gone. Resume."""

    @property
    def transient(self) -> bool:
        """Whether the same run may succeed if it is simply tried again."""
        return self in (Reason.ENGINE_DIED, Reason.NODE_LOST)
