"""What every source of pictures is: an iterator of samples that can be closed.

Knows no device and no file.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType

from vision.types import Sample

# While nothing comes, a NoFrame follows after this long: at least 5 a second, with a little room for the thread switch.
QUIET_S = 0.18


class CameraError(Exception):
    """The source can never work as it is configured. The message names it and the remedy."""


class Camera(ABC):
    """Samples in the order of time: a Frame, or a NoFrame at least 5 times a second while nothing comes.

    Iteration ends after `close`, or where a file or folder ends. `close` may be called from any thread, at any moment
    and more than once.
    """

    def __iter__(self) -> Camera:
        return self

    @abstractmethod
    def __next__(self) -> Sample: ...

    @abstractmethod
    def close(self) -> None: ...

    def __enter__(self) -> Camera:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
