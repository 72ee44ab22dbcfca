"""Audio from the web: asked for with its range, believed if consistent, resumed where it breaks."""
