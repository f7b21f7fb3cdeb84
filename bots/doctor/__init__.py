"""`lightkeeper doctor`: looks at everything that has to be right, changes nothing, and says what to do."""
