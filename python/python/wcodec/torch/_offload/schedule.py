"""Which layer is decoded to which frame, and when: no torch in here.

A frame is memory for one decoded layer. Layers of a model run one after another, over and over: in
such a loop the least recently used layer is the one that is needed next, so that a cache which
replaced it would never hit. So once the order is known the layer is replaced that is needed last,
and only before it is known the least recently used one.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Traffic:
    """What an offloaded model did.

    Attributes:
        uses: layers that were run.
        hits: of those, layers that were on the device already when the one before was done.
        bytes_moved: compressed bytes that were copied to the device.
        bytes_decoded: bytes that were decoded there.
    """

    uses: int = 0
    hits: int = 0
    bytes_moved: int = 0
    bytes_decoded: int = 0

    @property
    def hit_rate(self) -> float:
        """The share of uses that moved nothing."""
        return self.hits / self.uses if self.uses else 0.0


class Schedule:
    """The layers in frames, by their numbers."""

    def __init__(self, layers: int, frames: int) -> None:
        """An empty schedule for as many layers and frames, of each one or more."""
        self.layers = layers
        # The layer in each frame.
        self.frames: list[int | None] = [None] * frames
        # When each layer was last used, by a count of all uses.
        self._used = [-1] * layers
        self._time = 0
        # The layer that came after each one, the last time.
        self._next: list[int | None] = [None] * layers
        self._current: int | None = None

    def frame_of(self, layer: int) -> int | None:
        """The frame that a layer is in, or on its way to."""
        return self.frames.index(layer) if layer in self.frames else None

    def use(self, layer: int) -> None:
        """Notes that a layer is run now."""
        if self._current is not None:
            self._next[self._current] = layer
        self._current = layer
        self._used[layer] = self._time
        self._time += 1

    def coming(self) -> list[int]:
        """Layers in the order in which they are expected, after the current one."""
        if self._current is None:
            return list(range(self.layers))
        order: list[int] = []
        layer = self._after(self._current)
        while layer not in order and layer != self._current:
            order.append(layer)
            layer = self._after(layer)
        return order

    def _after(self, layer: int) -> int:
        """The layer after one: that of the last time, or else the next of the model's."""
        found = self._next[layer]
        return (layer + 1) % self.layers if found is None else found

    def place(self, layer: int) -> int | None:
        """Takes a frame for a layer that is in none; None where that would displace a better one.

        Those are the current layer, and layers that are needed before it.
        """
        if None in self.frames:
            frame = self.frames.index(None)
        else:
            found = self._victim(layer)
            if found is None:
                return None
            frame = found
        self.frames[frame] = layer
        return frame

    def _victim(self, layer: int) -> int | None:
        """The frame to take: of a layer that is not expected, or else expected last."""
        order = self.coming()
        when = {one: place for place, one in enumerate(order)}
        wanted = when.get(layer, -1)
        places = [
            (when.get(held, self.layers), -self._used[held], frame)
            for frame, held in enumerate(self.frames)
            if held is not None and held != self._current
        ]
        latest = max(places, default=None)
        return None if latest is None or latest[0] <= wanted else latest[2]

    def missing(self) -> int | None:
        """The next layer that is expected and in no frame."""
        return next((layer for layer in self.coming() if layer not in self.frames), None)
