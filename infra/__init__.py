"""The program: a stack's configuration → components → outputs."""
