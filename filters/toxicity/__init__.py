"""Toxicity: rude, obscene, threatening or hateful words, aimed at anybody or nobody, as a trained model sees them."""
