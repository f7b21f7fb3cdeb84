"""How many messages a second a BERT-base of Detoxify's shape judges: torch, one thread, one message at a time.

    python -m benchmarks.yardstick_bert LOG [--messages 200]

Its weights are random, which changes nothing in its speed, and nothing is downloaded. Its vocabulary is the log's own
most frequent words, so it cuts a message into as few tokens as BERT's does, or fewer. Prints one JSON object.
"""

import argparse
import json
import os
import re
import string
import tempfile
import time
from collections import Counter
from contextlib import closing
from itertools import islice
from pathlib import Path

from adapters.exports.entry import Leftovers
from adapters.exports.opening import ExportFile
from bots.bench.one_core import use_one_core
from bots.bench.pipeline import peak_rss_mb

WORDS = 30_522
LABELS = 6
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("log", type=Path)
    arguments.add_argument("--messages", type=int, default=200)
    given = arguments.parse_args()
    use_one_core()
    with closing(ExportFile(given.log, Leftovers())) as export:
        texts = [entry.message.text for entry in islice(export, 20_000)]
    every = max(len(texts) // given.messages, 1)
    print(json.dumps(measure(texts, texts[::every][: given.messages])))


def measure(corpus: list[str], texts: list[str]) -> dict[str, float]:
    os.environ["HF_HUB_OFFLINE"] = "1"
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "vocab.txt").write_text("\n".join(vocabulary(corpus)), encoding="utf-8")
        tokenizer = BertTokenizer.from_pretrained(folder)
    model = BertForSequenceClassification(BertConfig(vocab_size=WORDS, num_labels=LABELS)).eval()
    tokens = 0
    with torch.inference_mode():
        for text in ["to warm up", *texts]:
            if text is texts[0]:
                started = time.perf_counter()
            inputs = tokenizer(text, return_tensors="pt", truncation=True, max_length=512)
            tokens += inputs["input_ids"].numel()
            torch.sigmoid(model(**inputs)[0]).tolist()
    seconds = time.perf_counter() - started
    return {
        "messages_per_s": round(len(texts) / seconds, 2),
        "messages": len(texts),
        "tokens_a_message": round(tokens / len(texts), 1),
        "peak_rss_mb": round(peak_rss_mb(), 1),
    }


def vocabulary(corpus: list[str]) -> list[str]:
    signs = [*string.ascii_lowercase, *string.digits, *string.punctuation]
    pieces = [*SPECIAL, *signs, *(f"##{sign}" for sign in signs)]
    counted = Counter(word for text in corpus for word in re.findall(r"[a-z]{2,}|[0-9]{2,}", text.lower()))
    return [*pieces, *(word for word, _ in counted.most_common(WORDS - len(pieces)))]


if __name__ == "__main__":
    main()
