"""Where customers come from: one adapter per kind of source, each giving a frame of raw cells."""
