"""What there is: frozen, pure data and the rules that hold between its parts."""
