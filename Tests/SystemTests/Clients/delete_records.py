"""Removes the records of a partition before an offset, as retention does: delete_records.py BOOTSTRAP TOPIC PARTITION OFFSET"""

import sys

from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

bootstrap, topic, partition, offset = sys.argv[1:]
admin = AdminClient({"bootstrap.servers": bootstrap})
place = TopicPartition(topic, int(partition), int(offset))
for future in admin.delete_records([place]).values():
    future.result(timeout=30)
