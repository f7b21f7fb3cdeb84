"""`lightkeeper evaluate`: anyone's labelled lines go through the filters that run live; their scores are measured."""
