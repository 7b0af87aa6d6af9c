"""Working stand-ins, typed against the same protocols as the real parts."""
