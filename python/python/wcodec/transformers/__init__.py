"""Models of transformers whose weights stay packed.

Importing this registers the quantiser `wcodec` with transformers. From then on `from_pretrained`
of its classes takes `WcodecConfig`, which packs a dense BF16 checkpoint as it is loaded, folders
that a packed model was saved to, and folders of `.wcodec` files of either. `from_pretrained` of
this module is the short way: it packs what is dense.

Nothing is lost: weights come back to the bit.
"""

from wcodec.transformers._archives import register_archives
from wcodec.transformers._config import WcodecConfig
from wcodec.transformers._loading import WCodecModel, from_pretrained
from wcodec.transformers._quantizer import WcodecQuantizer, register

register()
register_archives()

__all__ = ["WCodecModel", "WcodecConfig", "WcodecQuantizer", "from_pretrained", "register"]
