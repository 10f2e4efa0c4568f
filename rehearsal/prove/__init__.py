"""Explores what an update does when it is killed, refused or surprised, at every AWS call that it makes."""
