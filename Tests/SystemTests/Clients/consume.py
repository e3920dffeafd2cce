"""Reads topics to their ends with confluent-kafka and prints {topic: records} as JSON: consume.py BOOTSTRAP SCHEMAS TOPIC[=SCHEMA]...

Each value is checked against SCHEMAS/SCHEMA where one is given.
"""

import json
import pathlib
import sys
import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition
from jsonschema import Draft202012Validator

bootstrap, folder, *topics = sys.argv[1:]
counts = {}
for topic, _, schema in (argument.partition("=") for argument in topics):
    validator = Draft202012Validator(json.loads((pathlib.Path(folder) / schema).read_text())) if schema else None
    consumer = Consumer({
        "bootstrap.servers": bootstrap, "group.id": "never-joined", "enable.auto.commit": False, "enable.partition.eof": True,
        "isolation.level": "read_committed",
    })
    partitions = consumer.list_topics(topic, 30).topics[topic].partitions
    consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions])
    counts[topic] = 0
    still_open = set(partitions)
    deadline = time.monotonic() + 60
    while still_open:
        if time.monotonic() > deadline:
            sys.exit(f"{topic}: ends not reached")
        message = consumer.poll(1)
        if message is None:
            continue
        if message.error():
            if message.error().code() == KafkaError._PARTITION_EOF:
                still_open.discard(message.partition())
            continue
        counts[topic] += 1
        if validator and message.value() is not None:
            for error in validator.iter_errors(json.loads(message.value())):
                sys.exit(f"{topic} {message.partition()}@{message.offset()}: {error.message}: {message.value()!r}")
    consumer.close()
print(json.dumps(counts))
