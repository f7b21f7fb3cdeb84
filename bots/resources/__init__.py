"""`lightkeeper resources`: what owners do with the directory of services, in a terminal."""
