"""The embedded AWS on which the unchanged program runs with no account."""
