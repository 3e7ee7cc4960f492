"""The gates: what two versions' figures say of the one that is tried. Pure; each gate a file, `judge` asks them all."""
