"""A model of who is won: learned from outcomes, measured on newer ones, explained by its parts."""
