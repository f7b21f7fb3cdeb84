"""Signs of crisis in chat: a reviewable lexicon and light rules about who speaks, of whom, and in earnest or not."""
