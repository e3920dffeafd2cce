"""Produces lines KEY|VALUE from standard input with confluent-kafka as it comes: produce.py BOOTSTRAP TOPIC"""

import sys

from confluent_kafka import Producer

bootstrap, topic = sys.argv[1:]
failures = []
producer = Producer({"bootstrap.servers": bootstrap})
for line in sys.stdin:
    key, value = line.rstrip("\n").split("|", 1)
    producer.produce(topic, key=key, value=value, on_delivery=lambda error, _: failures.append(str(error)) if error else None)
if producer.flush(60) or failures:
    sys.exit(f"not delivered: {failures[:3]}")
