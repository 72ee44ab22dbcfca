"""What audio tells of itself before it is taken into the catalogue."""
