"""Produces records from standard input with confluent-kafka: records.py BOOTSTRAP TOPIC [PROPERTY=VALUE]...

Each line is one JSON object: "key" and "value" (texts, or null), "partition" (default: that of the key), "headers" (list of
pairs), and to make it large without a long line "pad" (so many spaces before the value) and "emptyHeaders" (so many headers with a
name of one letter and no value).
"""

import json
import sys

from confluent_kafka import Producer

bootstrap, topic, *properties = sys.argv[1:]
settings = {"bootstrap.servers": bootstrap, "partitioner": "murmur2_random"}
settings.update(property.split("=", 1) for property in properties)
failures = []
producer = Producer(settings)


def report(error, _):
    if error:
        failures.append(str(error))


for line in sys.stdin:
    record = json.loads(line)
    value = record.get("value")
    if value is not None:
        value = b" " * record.get("pad", 0) + value.encode()
    headers = [(name, text.encode()) for name, text in record.get("headers", [])]
    headers += [("h", b"")] * record.get("emptyHeaders", 0)
    place = {"partition": record["partition"]} if "partition" in record else {}
    producer.produce(topic, key=record.get("key"), value=value, headers=headers, on_delivery=report, **place)
    producer.poll(0)
if producer.flush(120) or failures:
    sys.exit(f"not delivered: {failures[:3]}")
