"""RecentClips: what a process has found lately, so that it need not look again before it knows."""

from attrs import define, field

from domain.clip import Clip, ClipId

MOST = 1_000


@define(eq=False)
class RecentClips:
    """Clips as they were when they were found last; of more than ``most``, whoever came first is forgotten.

    A clip that is recalled may be another by now, or gone: whoever goes by it has its version confirmed."""

    most: int = MOST
    _clips: dict[ClipId, Clip] = field(factory=dict, init=False, repr=False)

    def recall(self, clip: ClipId) -> Clip | None:
        return self._clips.get(clip)

    def remember(self, clip: Clip) -> None:
        self._clips[clip.id] = clip
        if len(self._clips) > self.most:
            self.forget(next(iter(self._clips)))

    def forget(self, clip: ClipId) -> None:
        self._clips.pop(clip, None)
