"""The client device, in layers: each file is one, and builds on the layer before it."""
