"""What a clip, a play and a byte range are, and what the service asks of the world. Pure: no I/O, no clock, no dice."""
