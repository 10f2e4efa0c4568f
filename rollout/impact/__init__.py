"""What a change does to traffic: a preview and a configuration in, a verdict out, for whoever reviews it."""
