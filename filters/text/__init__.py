"""Reading text the way people write it: folding with an exact offset map."""
