"""The layers, one room each, ignorant of each other."""
