"""Models that packages ship, compressed by wcodec and its peers: `make demo MODELS=all`."""
