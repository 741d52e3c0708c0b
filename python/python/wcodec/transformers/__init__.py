"""Models of transformers whose weights stay packed.

Importing this registers the quantiser `wcodec` with transformers. From then on `from_pretrained`
takes `WcodecConfig`, which packs a dense BF16 checkpoint as it is loaded, and folders that a packed
model was saved to. `from_pretrained` of this module takes folders of `.wcodec` files, too.

Nothing is lost: weights come back to the bit.
"""

from wcodec.transformers._config import WcodecConfig
from wcodec.transformers._loading import WCodecModel, from_pretrained
from wcodec.transformers._quantizer import WcodecQuantizer, register

register()

__all__ = ["WCodecModel", "WcodecConfig", "WcodecQuantizer", "from_pretrained", "register"]
